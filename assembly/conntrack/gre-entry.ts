import { Entry } from "./entry";

/** The GRE part of an entry: the settings at the time it was made. */
@unmanaged
export class GreEntry extends Entry {
  greTimeout: u32;
  greStreamTimeout: u32;
}
