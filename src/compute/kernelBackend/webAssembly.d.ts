/* What is used here of the WebAssembly JavaScript interface; TypeScript has its types only together with the browser's. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    /** @returns the number of pages before. @throws RangeError */
    grow(pages: number): number;
  }
  class Global {
    value: number;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(
    module: Module,
    imports: Record<string, Record<string, Memory>>,
  ): Promise<{ exports: unknown }>;
  function validate(bytes: Uint8Array): boolean;
}
