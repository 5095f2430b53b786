import { SetResult } from "../../assembly/abi/ipset.ts";

/** A command that ipset would refuse: nothing changed, or for a range of members, nothing from the refused one on. */
export class SetCommandError extends Error {
  override readonly name = "SetCommandError";
}

/** What ipset 7.17 prints for what the kernel answers (lib/errcode.c). */
export function setResultText(result: number, verb: "add" | "del"): string {
  switch (result) {
    case SetResult.Exist:
      return verb === "add"
        ? "Element cannot be added to the set: it's already added"
        : "Element cannot be deleted from the set: it's not added";
    case SetResult.Full:
    case SetResult.BucketFull:
      return "Hash is full, cannot add more elements";
    case SetResult.NullElement:
      return "Null-valued element, cannot be stored in a hash type of set";
    case SetResult.OutOfRange:
      return "Element is out of the range of the set";
    case SetResult.NoReference:
      return "The set to which you referred with 'before' or 'after' is not added to the set.";
    case SetResult.InvalidPrefix:
      return "The value of the CIDR parameter of the IP address is invalid";
    default:
      return `Unknown error ${result}`;
  }
}
