/** Longest packet that a capture can hold, as libpcap has it (MAXIMUM_SNAPLEN): a longer one is damage. */
const LONGEST_PACKET = 256 * 1024;
/** The same for buses that move more at once. */
const LONGEST_TRANSFER = 128 * 1024 * 1024;

const LINKTYPE_USB_LINUX = 189;
const LINKTYPE_USB_LINUX_MMAPPED = 220;
const LINKTYPE_DBUS = 231;
const LINKTYPE_USBPCAP = 249;
const LINKTYPE_EBHSCR = 279;

/** @returns the number of captured bytes above which a record of this link type cannot be right. */
export function captureLimit(linkType: number): number {
  switch (linkType) {
    case LINKTYPE_USB_LINUX:
    case LINKTYPE_USB_LINUX_MMAPPED:
    case LINKTYPE_DBUS:
    case LINKTYPE_USBPCAP:
    case LINKTYPE_EBHSCR:
      return LONGEST_TRANSFER;
    default:
      return LONGEST_PACKET;
  }
}
