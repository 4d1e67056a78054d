import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import './controls.css';

/*
 * The controls of all pages as templates: the component kit's where it has one that is good, else the browser's own in
 * the theme's colors (controls.css).
 */

/** A codicon. Without a title it is decoration, and the text beside it says the same. */
export function icon(name: string, title?: string): TemplateResult {
  return title === undefined
    ? html`<span class="codicon codicon-${name}" aria-hidden="true"></span>`
    : html`<span class="codicon codicon-${name}" role="img" aria-label=${title} title=${title}></span>`;
}

export interface ButtonOptions {
  label: string;
  icon?: string;
  /** The one thing to do in this view. */
  primary?: boolean;
  disabled?: boolean;
  title?: string;
  onClick: () => void;
}

export function button({
  label,
  icon: name,
  primary,
  disabled,
  title,
  onClick,
}: ButtonOptions): TemplateResult {
  return html`<vscode-button
    appearance=${primary ? 'primary' : 'secondary'}
    ?disabled=${disabled}
    title=${title ?? nothing}
    @click=${onClick}
    >${label}${
      name === undefined
        ? nothing
        : html`<span slot="start" class="codicon codicon-${name}" aria-hidden="true"></span>`
    }</vscode-button
  >`;
}

/** A button that is only an icon, as in VS Code's toolbars; `pressed` makes it a toggle. */
export function iconButton(
  name: string,
  label: string,
  onClick: () => void,
  pressed?: boolean,
): TemplateResult {
  return html`<button
    type="button"
    class="icon-button"
    aria-label=${label}
    title=${label}
    aria-pressed=${pressed === undefined ? nothing : String(pressed)}
    @click=${onClick}
  >
    <span class="codicon codicon-${name}" aria-hidden="true"></span>
  </button>`;
}

export interface Choice<Value extends string> {
  value: Value;
  label: string;
}

export interface ChoiceOptions<Value extends string> {
  /** Says what is selected; also names the group of radio buttons, so it must be unique in the page. */
  label: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
}

/** One of many, in a list that opens. */
export function dropdown<Value extends string>(options: ChoiceOptions<Value>): TemplateResult {
  const changed = (event: Event): void =>
    options.onChange((event.currentTarget as HTMLElement & { value: Value }).value);
  return html`<vscode-dropdown aria-label=${options.label} .value=${options.value} @change=${changed}>
    ${repeat(
      options.choices,
      // The kit reads an option's text once for screen readers: another text needs another element.
      ({ value, label }) => `${value} ${label}`,
      ({ value, label }) =>
        html`<vscode-option value=${value} ?selected=${value === options.value}>${label}</vscode-option>`,
    )}
  </vscode-dropdown>`;
}

/** One of a few, all in sight: radio buttons that look like one control. */
export function segmented<Value extends string>(options: ChoiceOptions<Value>): TemplateResult {
  return html`<fieldset class="segmented">
    <legend>${options.label}</legend>
    ${options.choices.map(
      ({ value, label }) =>
        html`<label>
          <input
            type="radio"
            name=${options.label}
            value=${value}
            .checked=${live(value === options.value)}
            @change=${() => options.onChange(value)}
          /><span>${label}</span>
        </label>`,
    )}
  </fieldset>`;
}

export interface SliderOptions {
  label: string;
  title: string;
  min: number;
  max: number;
  step: number;
  value: number;
  format: (value: number) => string;
  onChange: (value: number) => void;
}

/** A number in a range, shown beside the handle. */
export function slider(options: SliderOptions): TemplateResult {
  const changed = (event: Event): void =>
    options.onChange((event.currentTarget as HTMLInputElement).valueAsNumber);
  return html`<label class="slider" title=${options.title}>
    <span>${options.label}</span>
    <input
      type="range"
      min=${options.min}
      max=${options.max}
      step=${options.step}
      .value=${live(String(options.value))}
      @input=${changed}
    />
    <span class="value number">${options.format(options.value)}</span>
  </label>`;
}

export interface NumberFieldOptions {
  label: string;
  title?: string;
  min: number;
  max: number;
  step?: number;
  value: number;
  onChange: (value: number) => void;
}

/** A number with its name before it. What is out of range is put back. */
export function numberField(options: NumberFieldOptions): TemplateResult {
  const { min, max, step = 1 } = options;
  const changed = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    const { valueAsNumber: value } = input;
    const fits = value >= min && value <= max && (step < 1 || Number.isInteger(value));
    if (fits) options.onChange(value);
    else input.value = String(options.value);
  };
  return html`<label class="number-field" title=${options.title ?? nothing}>
    <span>${options.label}</span>
    <input
      class="field number"
      type="number"
      min=${min}
      max=${max}
      step=${step}
      .value=${live(String(options.value))}
      @change=${changed}
    />
  </label>`;
}

export interface CheckboxOptions {
  label: string;
  title?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function checkbox(options: CheckboxOptions): TemplateResult {
  return html`<label class="checkbox" title=${options.title ?? nothing}>
    <input
      type="checkbox"
      .checked=${live(options.checked)}
      ?disabled=${options.disabled}
      @change=${(event: Event) => options.onChange((event.currentTarget as HTMLInputElement).checked)}
    />
    <span>${options.label}</span>
  </label>`;
}
