import { html, nothing, type TemplateResult } from 'lit';
import type { HistoryEnd, ItemLabel, UserHistory, UserLabel } from '../../src/protocol/inspection';
import { button, iconButton, segmented } from './controls';
import { itemSearch } from './itemSearch';
import { countOfItems, userSearch } from './userSearch';
import './userStrip.css';

export interface UserStripOptions {
  numUsers: number;
  /** Index from 0. */
  user: number;
  end: HistoryEnd;
  /** Of the user; null while it is read. */
  history: UserHistory | null;
  /** A history that was put together, instead of that of `user`. */
  composed: readonly ItemLabel[] | null;
  /** Further controls. */
  more?: unknown;
}

export interface UserStripHandlers {
  onUser: (user: number) => void;
  onRandomUser: () => void;
  onEnd: (end: HistoryEnd) => void;
  /** Null goes back to the users. */
  onCompose: (items: ItemLabel[] | null) => void;
  findUsers: (text: string) => Promise<UserLabel[]>;
  findItems: (text: string) => Promise<ItemLabel[]>;
}

/** Whose history it is: a user's, who is stepped to, drawn or found, or one that is put together from titles. */
export function userStrip(
  { numUsers, user, end, history, composed, more }: UserStripOptions,
  handlers: UserStripHandlers,
): TemplateResult {
  const items = composed ?? history?.items ?? [];
  const last = Math.max(0, numUsers - 1);
  const step = (by: number): void => handlers.onUser(Math.max(0, Math.min(last, user + by)));
  const newHistory = button({
    label: 'New History',
    icon: 'add',
    title: 'Compose a history from scratch',
    onClick: () => handlers.onCompose([]),
  });
  return html`<section class="strip" aria-label="User">
    ${
      composed !== null
        ? html`<span><b>Composed history</b> <span class="muted">of an unknown user</span></span>
            <span class="muted number">${countOfItems(items.length)}</span>
            <recsight-search-box
              .model=${itemSearch(
                handlers,
                { label: 'Add an item to the history', placeholder: 'Add an item…' },
                (item) => handlers.onCompose([...composed, item]),
              )}
            ></recsight-search-box>
            ${items.length > 0 ? newHistory : nothing}
            ${button({
              label: 'Back to Users',
              icon: 'arrow-left',
              title: 'Show the history of a user again',
              onClick: () => handlers.onCompose(null),
            })}`
        : html`<span class="labeled">
              <span>User <b class="number">${history?.user.id ?? '…'}</b></span>
              <span class="steps">
                ${iconButton('arrow-left', 'Previous User (Alt+Left)', () => step(-1))}
                ${iconButton('arrow-right', 'Next User (Alt+Right)', () => step(1))}
                ${iconButton('refresh', 'Random User (Alt+R)', handlers.onRandomUser)}
              </span>
            </span>
            <recsight-search-box
              .model=${userSearch(
                handlers,
                {
                  label: 'Find a user by id',
                  placeholder: 'Find a user by id…',
                  empty: 'No user has this id.',
                },
                (found) => handlers.onUser(found.user),
              )}
            ></recsight-search-box>
            ${segmented({
              label: 'History',
              choices: [
                { value: 'train', label: 'train' },
                { value: 'validation', label: '+ validation' },
                { value: 'all', label: 'all' },
              ],
              value: end,
              onChange: handlers.onEnd,
            })}
            <span class="muted number">${history ? countOfItems(items.length) : ''}</span>
            ${
              items.length === 0
                ? nothing
                : button({
                    label: 'Compose',
                    icon: 'edit',
                    title: 'Copy this history for an unknown user, to add, remove and move items',
                    onClick: () =>
                      handlers.onCompose(items.map(({ item, id, title }) => ({ item, id, title }))),
                  })
            }
            ${newHistory}`
    }
    ${more ?? nothing}
  </section>`;
}

/** Alt with an arrow goes from user to user, and Alt+R to a random one. @returns whether the key did that */
export function userStripKey(
  event: KeyboardEvent,
  { numUsers, user }: Pick<UserStripOptions, 'numUsers' | 'user'>,
  handlers: Pick<UserStripHandlers, 'onUser' | 'onRandomUser'>,
): boolean {
  if (!event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return false;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step !== undefined) handlers.onUser(Math.max(0, Math.min(numUsers - 1, user + step)));
  else if (event.key === 'r') handlers.onRandomUser();
  else return false;
  event.preventDefault();
  return true;
}

/** Whether keys of the whole page may not act, as something is being typed. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, vscode-dropdown, [role="combobox"]');
}
