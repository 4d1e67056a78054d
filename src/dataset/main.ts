import { createBirpc } from 'birpc';
import type { DataChecker } from '../protocol/dataCheck';
import { decodeRpcMessage, encodeRpcMessage } from '../protocol/rpcMessage';
import { DataLook } from './checkData';

/*
 * The process that looks at the data files of configs while they are written: `dataChecker.js`, started with an IPC channel by
 * src/process/dataChecker.ts. It answers calls and ends with the channel.
 */

const look = new DataLook();
const functions: DataChecker = {
  check: (dataset, baseDirectory, candidates) => look.check(dataset, baseDirectory, candidates),
  columns: (table, field, role, baseDirectory) => look.columns(table, field, role, baseDirectory),
  files: (typed, baseDirectory) => look.files(typed, baseDirectory),
};
createBirpc<object, DataChecker>(functions, {
  post: (message: unknown) => process.send?.(message),
  on: (receive) => process.on('message', receive),
  serialize: encodeRpcMessage,
  deserialize: decodeRpcMessage,
  timeout: -1,
  resolver: (name, method) => (Object.hasOwn(functions, name) ? method : undefined),
});

process.on('disconnect', () => process.exit());
