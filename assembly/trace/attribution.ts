import { events, frames, OutputFrame, TraceEvent } from "./output";

/** Puts the frames and events that the buffers got since these places down to one packet of the capture. */
export function attributeTo(number: u32, firstFrame: u32, firstEvent: u32): void {
  for (let at = firstFrame; at < frames.used; ) {
    const frame = changetype<OutputFrame>(frames.start + at);
    frame.number = number;
    at += frame.size;
  }
  for (let at = firstEvent; at < events.used; ) {
    const event = changetype<TraceEvent>(events.start + at);
    event.number = number;
    at += event.size;
  }
}
