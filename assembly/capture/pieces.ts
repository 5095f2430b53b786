import { allocate, release } from "../memory/allocate";

/** A part of a capture file in memory. Frames of waiting records lie in it; when the last has run it is used again. */
@unmanaged
export class Piece {
  /** Where its bytes lie, and how many there is room for. */
  address: usize;
  room: u32;
  /** Records that lie in it and have not run, and one for the host while it is filling it. */
  holders: u32;
}

const PIECE_SIZE: u32 = <u32>offsetof<Piece>();
let pieces: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;

export function pieceAt(index: u32): Piece {
  return changetype<Piece>(pieces + index * PIECE_SIZE);
}

/** @returns number of a piece with room for so many bytes; the host holds it until {@link closePiece}. */
export function openPiece(room: u32): u32 {
  let index: u32 = 0;
  while (index < count && (pieceAt(index).holders != 0 || pieceAt(index).room != room)) index += 1;
  if (index == count) addPiece(room);
  pieceAt(index).holders = 1;
  return index;
}

/** A record of the host's lies in it. */
export function holdPiece(index: u32): void {
  pieceAt(index).holders += 1;
}

export function closePiece(index: u32): void {
  pieceAt(index).holders -= 1;
}

export function pieceAddress(index: u32): usize {
  return pieceAt(index).address;
}

function addPiece(room: u32): void {
  if (count == capacity) {
    const wanted = capacity == 0 ? 16 : capacity * 2;
    const moved = allocate(wanted * PIECE_SIZE);
    if (pieces != 0) {
      memory.copy(moved, pieces, count * PIECE_SIZE);
      release(pieces);
    }
    pieces = moved;
    capacity = wanted;
  }
  const piece = pieceAt(count);
  piece.address = allocate(room);
  piece.room = room;
  count += 1;
}

/** Lets records of pieces go, those of one piece at once: neighbours mostly lie in the same. */
@unmanaged
export class Holds {
  piece: u32;
  count: u32;

  @inline letGo(piece: u32): void {
    if (piece != this.piece) {
      this.finish();
      this.piece = piece;
    }
    this.count += 1;
  }

  finish(): void {
    pieceAt(this.piece).holders -= this.count;
    this.count = 0;
  }
}

const holds = changetype<Holds>(memory.data(offsetof<Holds>(), 4));

export function holdsOf(piece: u32): Holds {
  holds.piece = piece;
  return holds;
}
