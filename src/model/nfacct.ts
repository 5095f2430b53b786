/** An object that -m nfacct counts in. */
export interface Account {
  readonly name: string;
  readonly packets: bigint;
  readonly bytes: bigint;
  /** The match holds once more than `limit` was counted; undefined: always. */
  readonly quota?: { readonly of: "packet" | "byte"; readonly limit: bigint; readonly isReached: boolean };
}
