/** What `abort` becomes: a trap. The core throws nowhere; the debug build's assertions end here. */
export function fail(_message: string | null, _file: string | null, _line: u32, _column: u32): void {
  unreachable();
}
