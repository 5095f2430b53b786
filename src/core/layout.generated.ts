// Generated from the @unmanaged classes in assembly/ by scripts/layout-transform.mjs. Do not edit.

export const AheadLayout = {
  byteLength: 24,
  hash: { offset: 0, type: "u64" },
  bucket: { offset: 8, type: "u32" },
  reference: { offset: 12, type: "u32" },
  mac: { offset: 16, type: "u32" },
  lane: { offset: 20, type: "u8" },
  fetched: { offset: 21, type: "u8" },
  family: { offset: 22, type: "u8" },
  macLength: { offset: 23, type: "u8" },
} as const;

export const FdbEntryLayout = {
  byteLength: 32,
  mac: { offset: 0, type: "u64" },
  bridge: { offset: 8, type: "u32" },
  port: { offset: 12, type: "u32" },
  updated: { offset: 16, type: "u64" },
  flags: { offset: 24, type: "u32" },
  next: { offset: 28, type: "u32" },
} as const;

export const GroupLayout = {
  byteLength: 44,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  family: { offset: 16, type: "u8" },
  isHostPermanent: { offset: 17, type: "u8" },
  members: { offset: 20, type: "u32" },
  host: { offset: 24, type: "u64" },
  hostEnd: { offset: 32, type: "u64" },
  next: { offset: 40, type: "u32" },
} as const;

export const MemberLayout = {
  byteLength: 36,
  port: { offset: 0, type: "u32" },
  isPermanent: { offset: 4, type: "u8" },
  mac: { offset: 8, type: "u64" },
  expires: { offset: 16, type: "u64" },
  end: { offset: 24, type: "u64" },
  next: { offset: 32, type: "u32" },
} as const;

export const PortRouterLayout = {
  byteLength: 44,
  port: { offset: 0, type: "u32" },
  kind: { offset: 4, type: "u8" },
  heard4: { offset: 8, type: "u64" },
  heard4End: { offset: 16, type: "u64" },
  heard6: { offset: 24, type: "u64" },
  heard6End: { offset: 32, type: "u64" },
  next: { offset: 40, type: "u32" },
} as const;

export const QuerierLayout = {
  byteLength: 64,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  present0: { offset: 16, type: "u64" },
  present1: { offset: 24, type: "u64" },
  delay0: { offset: 32, type: "u64" },
  delay1: { offset: 40, type: "u64" },
  local0: { offset: 48, type: "u64" },
  local1: { offset: 56, type: "u64" },
} as const;

export const SnooperLayout = {
  byteLength: 60,
  bridge: { offset: 0, type: "u32" },
  router: { offset: 4, type: "u8" },
  tracksSources4: { offset: 5, type: "u8" },
  tracksSources6: { offset: 6, type: "u8" },
  isFull: { offset: 7, type: "u8" },
  lastMemberCount: { offset: 8, type: "u32" },
  hashMax: { offset: 12, type: "u32" },
  groupCount: { offset: 16, type: "u32" },
  buckets: { offset: 20, type: "u32" },
  lastMemberInterval: { offset: 24, type: "u64" },
  membershipInterval: { offset: 32, type: "u64" },
  querierInterval: { offset: 40, type: "u64" },
  querier4: { offset: 48, type: "u32" },
  querier6: { offset: 52, type: "u32" },
  next: { offset: 56, type: "u32" },
} as const;

export const ArrivalLayout = {
  byteLength: 19,
  mac: { offset: 0, type: "u64" },
  device: { offset: 8, type: "u32" },
  mtu: { offset: 12, type: "u32" },
  form: { offset: 16, type: "u8" },
  isKnown: { offset: 17, type: "u8" },
  countsOwn: { offset: 18, type: "u8" },
} as const;

export const ArrivedLayout = {
  byteLength: 16,
  kept: { offset: 0, type: "u32" },
  asked: { offset: 4, type: "u32" },
  own: { offset: 8, type: "u32" },
  lastNumber: { offset: 12, type: "u32" },
} as const;

export const LinkHeaderLayout = {
  byteLength: 28,
  destination: { offset: 0, type: "u32" },
  source: { offset: 4, type: "u32" },
  family: { offset: 8, type: "u32" },
  macLength: { offset: 12, type: "u32" },
  packetType: { offset: 16, type: "u32" },
  ifindex: { offset: 20, type: "u32" },
  tagCount: { offset: 24, type: "u32" },
} as const;

export const MergeTotalsLayout = {
  byteLength: 16,
  latestNs: { offset: 0, type: "u64" },
  moved: { offset: 8, type: "u32" },
  stepsBack: { offset: 12, type: "u32" },
} as const;

export const HoldsLayout = {
  byteLength: 8,
  piece: { offset: 0, type: "u32" },
  count: { offset: 4, type: "u32" },
} as const;

export const PieceLayout = {
  byteLength: 12,
  address: { offset: 0, type: "u32" },
  room: { offset: 4, type: "u32" },
  holders: { offset: 8, type: "u32" },
} as const;

export const PlaceLayout = {
  byteLength: 16,
  key: { offset: 0, type: "u64" },
  value: { offset: 8, type: "u64" },
} as const;

export const PlainInterfaceLayout = {
  byteLength: 40,
  mostUnits: { offset: 0, type: "u64" },
  mac: { offset: 8, type: "u64" },
  nsPerUnit: { offset: 16, type: "u32" },
  source: { offset: 20, type: "u32" },
  least: { offset: 24, type: "u32" },
  limit: { offset: 28, type: "u32" },
  device: { offset: 32, type: "u32" },
  mostTransport: { offset: 36, type: "u32" },
} as const;

export const CaptureScanLayout = {
  byteLength: 26,
  timeNs: { offset: 0, type: "u64" },
  at: { offset: 8, type: "u32" },
  end: { offset: 12, type: "u32" },
  number: { offset: 16, type: "u32" },
  piece: { offset: 20, type: "u32" },
  isPcapng: { offset: 24, type: "u8" },
  isBigEndian: { offset: 25, type: "u8" },
} as const;

export const SectionInterfaceLayout = {
  byteLength: 16,
  source: { offset: 0, type: "u32" },
  nsPerUnit: { offset: 4, type: "u32" },
  limit: { offset: 8, type: "u32" },
  snapLength: { offset: 12, type: "u32" },
} as const;

export const DccpEntryLayout = {
  byteLength: 84,
  originalSource: { offset: 0, type: "u32" },
  originalDestination: { offset: 4, type: "u32" },
  originalPorts: { offset: 8, type: "u32" },
  replySource: { offset: 12, type: "u32" },
  replyDestination: { offset: 16, type: "u32" },
  replyPorts: { offset: 20, type: "u32" },
  originalPackets: { offset: 24, type: "u32" },
  replyPackets: { offset: 28, type: "u32" },
  originalBytes: { offset: 32, type: "u64" },
  replyBytes: { offset: 40, type: "u64" },
  mark: { offset: 48, type: "u32" },
  status: { offset: 52, type: "u16" },
  references: { offset: 54, type: "u16" },
  protocol: { offset: 56, type: "u8" },
  family: { offset: 57, type: "u8" },
  state: { offset: 58, type: "u8" },
  touched: { offset: 59, type: "u8" },
  originalFlowMemory: { offset: 60, type: "u32" },
  timeout: { offset: 64, type: "u32" },
  replyFlowMemory: { offset: 68, type: "u32" },
  handshakeSeq: { offset: 72, type: "u64" },
  role0: { offset: 80, type: "u8" },
  role1: { offset: 81, type: "u8" },
  lastType: { offset: 82, type: "u8" },
  lastDccpDirection: { offset: 83, type: "u8" },
} as const;

export const EntryRecordLayout = {
  byteLength: 176,
  originalSource0: { offset: 0, type: "u64" },
  originalSource1: { offset: 8, type: "u64" },
  originalDestination0: { offset: 16, type: "u64" },
  originalDestination1: { offset: 24, type: "u64" },
  replySource0: { offset: 32, type: "u64" },
  replySource1: { offset: 40, type: "u64" },
  replyDestination0: { offset: 48, type: "u64" },
  replyDestination1: { offset: 56, type: "u64" },
  originalPackets: { offset: 64, type: "u64" },
  originalBytes: { offset: 72, type: "u64" },
  replyPackets: { offset: 80, type: "u64" },
  replyBytes: { offset: 88, type: "u64" },
  labels0: { offset: 96, type: "u64" },
  labels1: { offset: 104, type: "u64" },
  startNs: { offset: 112, type: "u64" },
  stopNs: { offset: 120, type: "u64" },
  secondsLeft: { offset: 128, type: "u32" },
  id: { offset: 132, type: "u32" },
  status: { offset: 136, type: "u32" },
  mark: { offset: 140, type: "u32" },
  zone: { offset: 144, type: "u32" },
  zoneDirections: { offset: 148, type: "u32" },
  greTimeout: { offset: 152, type: "u32" },
  greStreamTimeout: { offset: 156, type: "u32" },
  originalSourcePort: { offset: 160, type: "u16" },
  originalDestinationPort: { offset: 162, type: "u16" },
  replySourcePort: { offset: 164, type: "u16" },
  replyDestinationPort: { offset: 166, type: "u16" },
  references: { offset: 168, type: "u16" },
  family: { offset: 170, type: "u8" },
  protocol: { offset: 171, type: "u8" },
  state: { offset: 172, type: "u8" },
  accounted: { offset: 173, type: "u8" },
  helper: { offset: 174, type: "u8" },
  isTimed: { offset: 175, type: "u8" },
} as const;

export const ColdEntryLayout = {
  byteLength: 18,
  bySourceNext: { offset: 0, type: "u32" },
  bySourcePrevious: { offset: 4, type: "u32" },
  zone: { offset: 8, type: "u32" },
  extension: { offset: 12, type: "u32" },
  masqueradeDevice: { offset: 16, type: "u16" },
} as const;

export const EntryLayout = {
  byteLength: 72,
  originalSource: { offset: 0, type: "u32" },
  originalDestination: { offset: 4, type: "u32" },
  originalPorts: { offset: 8, type: "u32" },
  replySource: { offset: 12, type: "u32" },
  replyDestination: { offset: 16, type: "u32" },
  replyPorts: { offset: 20, type: "u32" },
  originalPackets: { offset: 24, type: "u32" },
  replyPackets: { offset: 28, type: "u32" },
  originalBytes: { offset: 32, type: "u64" },
  replyBytes: { offset: 40, type: "u64" },
  mark: { offset: 48, type: "u32" },
  status: { offset: 52, type: "u16" },
  references: { offset: 54, type: "u16" },
  protocol: { offset: 56, type: "u8" },
  family: { offset: 57, type: "u8" },
  state: { offset: 58, type: "u8" },
  touched: { offset: 59, type: "u8" },
  originalFlowMemory: { offset: 60, type: "u32" },
  timeout: { offset: 64, type: "u32" },
  replyFlowMemory: { offset: 68, type: "u32" },
} as const;

export const ExpectationRecordLayout = {
  byteLength: 101,
  source0: { offset: 0, type: "u64" },
  source1: { offset: 8, type: "u64" },
  destination0: { offset: 16, type: "u64" },
  destination1: { offset: 24, type: "u64" },
  mask0: { offset: 32, type: "u64" },
  mask1: { offset: 40, type: "u64" },
  masterSource0: { offset: 48, type: "u64" },
  masterSource1: { offset: 56, type: "u64" },
  masterDestination0: { offset: 64, type: "u64" },
  masterDestination1: { offset: 72, type: "u64" },
  secondsLeft: { offset: 80, type: "u32" },
  sourcePort: { offset: 84, type: "u16" },
  destinationPort: { offset: 86, type: "u16" },
  sourcePortMask: { offset: 88, type: "u16" },
  masterSourcePort: { offset: 90, type: "u16" },
  masterDestinationPort: { offset: 92, type: "u16" },
  masterZone: { offset: 94, type: "u16" },
  family: { offset: 96, type: "u8" },
  protocol: { offset: 97, type: "u8" },
  flags: { offset: 98, type: "u8" },
  class: { offset: 99, type: "u8" },
  helper: { offset: 100, type: "u8" },
} as const;

export const ExpectationLayout = {
  byteLength: 112,
  source0: { offset: 0, type: "u64" },
  source1: { offset: 8, type: "u64" },
  destination0: { offset: 16, type: "u64" },
  destination1: { offset: 24, type: "u64" },
  ports: { offset: 32, type: "u32" },
  protocol: { offset: 36, type: "u8" },
  family: { offset: 37, type: "u8" },
  onArrival: { offset: 38, type: "u8" },
  flags: { offset: 39, type: "u8" },
  mask0: { offset: 40, type: "u64" },
  mask1: { offset: 48, type: "u64" },
  portMask: { offset: 56, type: "u32" },
  direction: { offset: 60, type: "u8" },
  assignHelper: { offset: 61, type: "u8" },
  helper: { offset: 62, type: "u8" },
  class: { offset: 63, type: "u8" },
  savedPort: { offset: 64, type: "u16" },
  savedAddress0: { offset: 72, type: "u64" },
  savedAddress1: { offset: 80, type: "u64" },
  master: { offset: 88, type: "u32" },
  zoneId: { offset: 92, type: "u32" },
  timeout: { offset: 96, type: "u64" },
  next: { offset: 104, type: "u32" },
  nextOfMaster: { offset: 108, type: "u32" },
} as const;

export const ExtensionLayout = {
  byteLength: 64,
  labels0: { offset: 0, type: "u64" },
  labels1: { offset: 8, type: "u64" },
  master: { offset: 16, type: "u32" },
  help: { offset: 20, type: "u32" },
  seqAdjust: { offset: 24, type: "u32" },
  eventMask: { offset: 28, type: "u16" },
  eventCache: { offset: 30, type: "u16" },
  isTimed: { offset: 32, type: "u8" },
  startNs: { offset: 40, type: "u64" },
  stopNs: { offset: 48, type: "u64" },
  originalPacketsHigh: { offset: 56, type: "u32" },
  replyPacketsHigh: { offset: 60, type: "u32" },
} as const;

export const HelpLayout = {
  byteLength: 26,
  expectations: { offset: 0, type: "u32" },
  expecting: { offset: 4, type: "u16" },
  helper: { offset: 6, type: "u8" },
  pickUp: { offset: 7, type: "u8" },
  originalLine0: { offset: 8, type: "u32" },
  originalLine1: { offset: 12, type: "u32" },
  replyLine0: { offset: 16, type: "u32" },
  replyLine1: { offset: 20, type: "u32" },
  originalLines: { offset: 24, type: "u8" },
  replyLines: { offset: 25, type: "u8" },
} as const;

export const SeqAdjustLayout = {
  byteLength: 12,
  position: { offset: 0, type: "u32" },
  before: { offset: 4, type: "i32" },
  after: { offset: 8, type: "i32" },
} as const;

export const GreEntryLayout = {
  byteLength: 80,
  originalSource: { offset: 0, type: "u32" },
  originalDestination: { offset: 4, type: "u32" },
  originalPorts: { offset: 8, type: "u32" },
  replySource: { offset: 12, type: "u32" },
  replyDestination: { offset: 16, type: "u32" },
  replyPorts: { offset: 20, type: "u32" },
  originalPackets: { offset: 24, type: "u32" },
  replyPackets: { offset: 28, type: "u32" },
  originalBytes: { offset: 32, type: "u64" },
  replyBytes: { offset: 40, type: "u64" },
  mark: { offset: 48, type: "u32" },
  status: { offset: 52, type: "u16" },
  references: { offset: 54, type: "u16" },
  protocol: { offset: 56, type: "u8" },
  family: { offset: 57, type: "u8" },
  state: { offset: 58, type: "u8" },
  touched: { offset: 59, type: "u8" },
  originalFlowMemory: { offset: 60, type: "u32" },
  timeout: { offset: 64, type: "u32" },
  replyFlowMemory: { offset: 68, type: "u32" },
  greTimeout: { offset: 72, type: "u32" },
  greStreamTimeout: { offset: 76, type: "u32" },
} as const;

export const HelperFindingLayout = {
  byteLength: 31,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  port: { offset: 16, type: "u32" },
  lengthBefore: { offset: 20, type: "u32" },
  lengthAfter: { offset: 24, type: "u32" },
  announcement: { offset: 28, type: "u8" },
  helper: { offset: 29, type: "u8" },
  hasExpectation: { offset: 30, type: "u8" },
} as const;

export const OpenFlowLayout = {
  byteLength: 52,
  source0: { offset: 0, type: "u64" },
  source1: { offset: 8, type: "u64" },
  destination0: { offset: 16, type: "u64" },
  destination1: { offset: 24, type: "u64" },
  ports: { offset: 32, type: "u32" },
  protocol: { offset: 36, type: "u8" },
  family: { offset: 37, type: "u8" },
  packets: { offset: 40, type: "u32" },
  firstPacket: { offset: 44, type: "u32" },
  next: { offset: 48, type: "u32" },
} as const;

export const EntryPageLayout = {
  byteLength: 8,
  start: { offset: 0, type: "u32" },
  due: { offset: 4, type: "u32" },
} as const;

export const SctpEntryLayout = {
  byteLength: 84,
  originalSource: { offset: 0, type: "u32" },
  originalDestination: { offset: 4, type: "u32" },
  originalPorts: { offset: 8, type: "u32" },
  replySource: { offset: 12, type: "u32" },
  replyDestination: { offset: 16, type: "u32" },
  replyPorts: { offset: 20, type: "u32" },
  originalPackets: { offset: 24, type: "u32" },
  replyPackets: { offset: 28, type: "u32" },
  originalBytes: { offset: 32, type: "u64" },
  replyBytes: { offset: 40, type: "u64" },
  mark: { offset: 48, type: "u32" },
  status: { offset: 52, type: "u16" },
  references: { offset: 54, type: "u16" },
  protocol: { offset: 56, type: "u8" },
  family: { offset: 57, type: "u8" },
  state: { offset: 58, type: "u8" },
  touched: { offset: 59, type: "u8" },
  originalFlowMemory: { offset: 60, type: "u32" },
  timeout: { offset: 64, type: "u32" },
  replyFlowMemory: { offset: 68, type: "u32" },
  tag0: { offset: 72, type: "u32" },
  tag1: { offset: 76, type: "u32" },
  init0: { offset: 80, type: "u8" },
  init1: { offset: 81, type: "u8" },
  heartbeatFailed: { offset: 82, type: "u8" },
  lastHeartbeatDirection: { offset: 83, type: "u8" },
} as const;

export const SequenceShiftLayout = {
  byteLength: 16,
  sequenceBefore: { offset: 0, type: "u32" },
  sequenceAfter: { offset: 4, type: "u32" },
  acknowledgedBefore: { offset: 8, type: "u32" },
  acknowledgedAfter: { offset: 12, type: "u32" },
} as const;

export const TcpEntryLayout = {
  byteLength: 127,
  originalSource: { offset: 0, type: "u32" },
  originalDestination: { offset: 4, type: "u32" },
  originalPorts: { offset: 8, type: "u32" },
  replySource: { offset: 12, type: "u32" },
  replyDestination: { offset: 16, type: "u32" },
  replyPorts: { offset: 20, type: "u32" },
  originalPackets: { offset: 24, type: "u32" },
  replyPackets: { offset: 28, type: "u32" },
  originalBytes: { offset: 32, type: "u64" },
  replyBytes: { offset: 40, type: "u64" },
  mark: { offset: 48, type: "u32" },
  status: { offset: 52, type: "u16" },
  references: { offset: 54, type: "u16" },
  protocol: { offset: 56, type: "u8" },
  family: { offset: 57, type: "u8" },
  state: { offset: 58, type: "u8" },
  touched: { offset: 59, type: "u8" },
  originalFlowMemory: { offset: 60, type: "u32" },
  timeout: { offset: 64, type: "u32" },
  replyFlowMemory: { offset: 68, type: "u32" },
  end0: { offset: 72, type: "u32" },
  maxEnd0: { offset: 76, type: "u32" },
  maxWindow0: { offset: 80, type: "u32" },
  maxAck0: { offset: 84, type: "u32" },
  end1: { offset: 88, type: "u32" },
  maxEnd1: { offset: 92, type: "u32" },
  maxWindow1: { offset: 96, type: "u32" },
  maxAck1: { offset: 100, type: "u32" },
  lastSeq: { offset: 104, type: "u32" },
  lastAck: { offset: 108, type: "u32" },
  lastEnd: { offset: 112, type: "u32" },
  lastWindow: { offset: 116, type: "u16" },
  flags0: { offset: 118, type: "u8" },
  flags1: { offset: 119, type: "u8" },
  scale0: { offset: 120, type: "u8" },
  scale1: { offset: 121, type: "u8" },
  lastIndex: { offset: 122, type: "u8" },
  lastDirection: { offset: 123, type: "u8" },
  retransmissions: { offset: 124, type: "u8" },
  lastScale: { offset: 125, type: "u8" },
  lastFlags: { offset: 126, type: "u8" },
} as const;

export const TcpSideLayout = {
  byteLength: 16,
  end: { offset: 0, type: "u32" },
  maxEnd: { offset: 4, type: "u32" },
  maxWindow: { offset: 8, type: "u32" },
  maxAck: { offset: 12, type: "u32" },
} as const;

export const TupleLayout = {
  byteLength: 38,
  source0: { offset: 0, type: "u64" },
  source1: { offset: 8, type: "u64" },
  destination0: { offset: 16, type: "u64" },
  destination1: { offset: 24, type: "u64" },
  ports: { offset: 32, type: "u32" },
  protocol: { offset: 36, type: "u8" },
  family: { offset: 37, type: "u8" },
} as const;

export const UdpEntryLayout = {
  byteLength: 76,
  originalSource: { offset: 0, type: "u32" },
  originalDestination: { offset: 4, type: "u32" },
  originalPorts: { offset: 8, type: "u32" },
  replySource: { offset: 12, type: "u32" },
  replyDestination: { offset: 16, type: "u32" },
  replyPorts: { offset: 20, type: "u32" },
  originalPackets: { offset: 24, type: "u32" },
  replyPackets: { offset: 28, type: "u32" },
  originalBytes: { offset: 32, type: "u64" },
  replyBytes: { offset: 40, type: "u64" },
  mark: { offset: 48, type: "u32" },
  status: { offset: 52, type: "u16" },
  references: { offset: 54, type: "u16" },
  protocol: { offset: 56, type: "u8" },
  family: { offset: 57, type: "u8" },
  state: { offset: 58, type: "u8" },
  touched: { offset: 59, type: "u8" },
  originalFlowMemory: { offset: 60, type: "u32" },
  timeout: { offset: 64, type: "u32" },
  replyFlowMemory: { offset: 68, type: "u32" },
  streamFrom: { offset: 72, type: "u32" },
} as const;

export const TemplateLayout = {
  byteLength: 16,
  zone: { offset: 0, type: "u32" },
  zoneFromMark: { offset: 4, type: "u32" },
  helper: { offset: 8, type: "u32" },
  events: { offset: 12, type: "u32" },
} as const;

export const SplitsLayout = {
  byteLength: 8,
  bits: { offset: 0, type: "u32" },
  next: { offset: 4, type: "u32" },
} as const;

export const RouteKeyLayout = {
  byteLength: 32,
  source0: { offset: 0, type: "u64" },
  source1: { offset: 8, type: "u64" },
  destination0: { offset: 16, type: "u64" },
  destination1: { offset: 24, type: "u64" },
} as const;

export const ExitLayout = {
  byteLength: 16,
  device: { offset: 0, type: "u32" },
  headerLength: { offset: 4, type: "u32" },
  header: { offset: 8, type: "u64" },
} as const;

export const FragQueueLayout = {
  byteLength: 124,
  source0: { offset: 0, type: "u64" },
  source1: { offset: 8, type: "u64" },
  destination0: { offset: 16, type: "u64" },
  destination1: { offset: 24, type: "u64" },
  id: { offset: 32, type: "u32" },
  user: { offset: 36, type: "u32" },
  kind: { offset: 40, type: "u8" },
  protocol: { offset: 41, type: "u8" },
  scopeDevice: { offset: 42, type: "u16" },
  due: { offset: 48, type: "u64" },
  level: { offset: 56, type: "u32" },
  startNumber: { offset: 60, type: "u32" },
  first: { offset: 64, type: "u32" },
  tail: { offset: 68, type: "u32" },
  lastRun: { offset: 72, type: "u32" },
  length: { offset: 76, type: "u32" },
  meat: { offset: 80, type: "u32" },
  count: { offset: 84, type: "u32" },
  maxSize: { offset: 88, type: "u32" },
  maxDfSize: { offset: 92, type: "u32" },
  peerCount: { offset: 96, type: "u32" },
  memory: { offset: 100, type: "u32" },
  inDevice: { offset: 104, type: "u32" },
  ecn: { offset: 108, type: "u8" },
  firstIn: { offset: 109, type: "u8" },
  lastIn: { offset: 110, type: "u8" },
  nextInBucket: { offset: 112, type: "u32" },
  sooner: { offset: 116, type: "u32" },
  later: { offset: 120, type: "u32" },
} as const;

export const FragmentLayout = {
  byteLength: 24,
  packet: { offset: 0, type: "u32" },
  next: { offset: 4, type: "u32" },
  offset: { offset: 8, type: "u32" },
  end: { offset: 12, type: "u32" },
  header: { offset: 16, type: "u32" },
  startsRun: { offset: 20, type: "u32" },
} as const;

export const TimerEndsLayout = {
  byteLength: 12,
  first: { offset: 0, type: "u32" },
  last: { offset: 4, type: "u32" },
  lastSlot: { offset: 8, type: "u32" },
} as const;

export const FragmentSizesLayout = {
  byteLength: 8,
  count: { offset: 0, type: "u32" },
  arrived: { offset: 4, type: "u32" },
} as const;

export const PeerLayout = {
  byteLength: 48,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  last: { offset: 16, type: "u64" },
  tokens: { offset: 24, type: "u64" },
  family: { offset: 32, type: "u32" },
  fragments: { offset: 36, type: "u32" },
  redirects: { offset: 40, type: "u32" },
  next: { offset: 44, type: "u32" },
} as const;

export const BucketLayout = {
  byteLength: 16,
  used: { offset: 0, type: "u64" },
  size: { offset: 8, type: "u32" },
  pos: { offset: 12, type: "u32" },
} as const;

export const AdditionLayout = {
  byteLength: 44,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  hasPackets: { offset: 16, type: "u8" },
  hasBytes: { offset: 17, type: "u8" },
  exist: { offset: 18, type: "u8" },
  nomatch: { offset: 19, type: "u8" },
  timeout: { offset: 20, type: "u32" },
  mark: { offset: 24, type: "u32" },
  markMask: { offset: 28, type: "u32" },
  priority: { offset: 32, type: "u32" },
  queue: { offset: 36, type: "u32" },
  comment: { offset: 40, type: "u32" },
} as const;

export const InquiryLayout = {
  byteLength: 48,
  bytes: { offset: 0, type: "u64" },
  comparePackets: { offset: 8, type: "u64" },
  compareBytes: { offset: 16, type: "u64" },
  packetsCompare: { offset: 24, type: "u8" },
  bytesCompare: { offset: 25, type: "u8" },
  compare: { offset: 26, type: "u8" },
  keepCounters: { offset: 27, type: "u8" },
  keepSubcounters: { offset: 28, type: "u8" },
  returnNomatch: { offset: 29, type: "u8" },
  mark: { offset: 32, type: "u32" },
  markMask: { offset: 36, type: "u32" },
  priority: { offset: 40, type: "u32" },
  queue: { offset: 44, type: "u32" },
} as const;

export const SetQueryLayout = {
  byteLength: 40,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  set: { offset: 16, type: "u32" },
  directions: { offset: 20, type: "u32" },
  dimensions: { offset: 24, type: "u32" },
  flags: { offset: 28, type: "u32" },
  packetsCompare: { offset: 32, type: "u8" },
  bytesCompare: { offset: 33, type: "u8" },
  invert: { offset: 34, type: "u8" },
  timeout: { offset: 36, type: "u32" },
} as const;

export const ListMemberLayout = {
  byteLength: 12,
  next: { offset: 0, type: "u32" },
  previous: { offset: 4, type: "u32" },
  set: { offset: 8, type: "u32" },
} as const;

export const MemberRecordLayout = {
  byteLength: 128,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  address0: { offset: 16, type: "u64" },
  address1: { offset: 24, type: "u64" },
  second0: { offset: 32, type: "u64" },
  second1: { offset: 40, type: "u64" },
  interface0: { offset: 48, type: "u64" },
  interface1: { offset: 56, type: "u64" },
  mac: { offset: 64, type: "u64" },
  prefix: { offset: 72, type: "u32" },
  secondPrefix: { offset: 76, type: "u32" },
  protocol: { offset: 80, type: "u32" },
  port: { offset: 84, type: "u32" },
  mark: { offset: 88, type: "u32" },
  set: { offset: 92, type: "u32" },
  reference: { offset: 96, type: "u32" },
  flags: { offset: 100, type: "u32" },
  timeout: { offset: 104, type: "u32" },
  skbmark: { offset: 108, type: "u32" },
  skbmarkMask: { offset: 112, type: "u32" },
  skbPriority: { offset: 116, type: "u32" },
  skbQueue: { offset: 120, type: "u32" },
  comment: { offset: 124, type: "u32" },
} as const;

export const CountersLayout = {
  byteLength: 16,
  bytes: { offset: 0, type: "u64" },
  packets: { offset: 8, type: "u64" },
} as const;

export const KernelSetLayout = {
  byteLength: 132,
  type: { offset: 0, type: "u32" },
  family: { offset: 4, type: "u32" },
  with: { offset: 8, type: "u32" },
  timeout: { offset: 12, type: "u32" },
  hashsize: { offset: 16, type: "u32" },
  maxelem: { offset: 20, type: "u32" },
  bucketsize: { offset: 24, type: "u32" },
  initval: { offset: 28, type: "u32" },
  netmask: { offset: 32, type: "u32" },
  markmask: { offset: 36, type: "u32" },
  first: { offset: 40, type: "u32" },
  last: { offset: 44, type: "u32" },
  generation: { offset: 48, type: "u64" },
  elements: { offset: 56, type: "u32" },
  dimensions: { offset: 60, type: "u32" },
  elementSize: { offset: 64, type: "u32" },
  keySize: { offset: 68, type: "u32" },
  address2Offset: { offset: 72, type: "u8" },
  portOffset: { offset: 73, type: "u8" },
  protocolOffset: { offset: 74, type: "u8" },
  etherOffset: { offset: 75, type: "u8" },
  cidrOffset: { offset: 76, type: "u8" },
  cidr2Offset: { offset: 77, type: "u8" },
  netOffset: { offset: 78, type: "u8" },
  net2Offset: { offset: 79, type: "u8" },
  netCount: { offset: 80, type: "u8" },
  packed: { offset: 81, type: "u8" },
  interfaceOffset: { offset: 82, type: "u8" },
  flagsOffset: { offset: 83, type: "u8" },
  countersOffset: { offset: 84, type: "u8" },
  timeoutOffset: { offset: 85, type: "u8" },
  skbinfoOffset: { offset: 86, type: "u8" },
  commentOffset: { offset: 87, type: "u8" },
  buckets: { offset: 88, type: "u32" },
  regions: { offset: 92, type: "u32" },
  prefixes: { offset: 96, type: "u32" },
  bits: { offset: 100, type: "u32" },
  gcRegion: { offset: 104, type: "u32" },
  gcTicks: { offset: 112, type: "u64" },
  members: { offset: 120, type: "u32" },
  extensions: { offset: 124, type: "u32" },
  hosts: { offset: 128, type: "u32" },
} as const;

export const SkbInfoLayout = {
  byteLength: 16,
  mark: { offset: 0, type: "u32" },
  markMask: { offset: 4, type: "u32" },
  priority: { offset: 8, type: "u32" },
  queue: { offset: 12, type: "u32" },
} as const;

export const AccountLayout = {
  byteLength: 32,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  quotaOf: { offset: 16, type: "u32" },
  reported: { offset: 20, type: "u32" },
  quota: { offset: 24, type: "u64" },
} as const;

export const ChainIndexLayout = {
  byteLength: 20,
  slots: { offset: 0, type: "u32" },
  slotMask: { offset: 4, type: "u32" },
  shapes: { offset: 8, type: "u32" },
  generic: { offset: 12, type: "u32" },
  genericCount: { offset: 16, type: "u32" },
} as const;

export const IndexSlotLayout = {
  byteLength: 16,
  hash: { offset: 0, type: "u32" },
  count: { offset: 4, type: "u32" },
  positions: { offset: 8, type: "u32" },
  single: { offset: 12, type: "u32" },
} as const;

export const ContextLayout = {
  byteLength: 32,
  hook: { offset: 0, type: "u32" },
  table: { offset: 4, type: "u32" },
  inDevice: { offset: 8, type: "u32" },
  outDevice: { offset: 12, type: "u32" },
  hotdrop: { offset: 16, type: "u8" },
  consulted: { offset: 20, type: "u32" },
  set0: { offset: 24, type: "u32" },
  set1: { offset: 28, type: "u32" },
} as const;

export const EstimatorLayout = {
  byteLength: 68,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  lastPackets: { offset: 16, type: "u64" },
  lastBytes: { offset: 24, type: "u64" },
  averagePackets: { offset: 32, type: "u64" },
  averageBytes: { offset: 40, type: "u64" },
  due: { offset: 48, type: "u64" },
  intervalLog: { offset: 56, type: "u32" },
  weightLog: { offset: 60, type: "u32" },
  users: { offset: 64, type: "u32" },
} as const;

export const FlowPairLayout = {
  byteLength: 8,
  shortcut: { offset: 0, type: "u32" },
  memories: { offset: 4, type: "u32" },
} as const;

export const FlowMemoryLayout = {
  byteLength: 77,
  addresses: { offset: 0, type: "u64" },
  setGeneration0: { offset: 8, type: "u64" },
  setGeneration1: { offset: 16, type: "u64" },
  set0: { offset: 24, type: "u32" },
  set1: { offset: 28, type: "u32" },
  ports: { offset: 32, type: "u32" },
  next: { offset: 36, type: "u32" },
  walk: { offset: 40, type: "u32" },
  generation: { offset: 44, type: "u32" },
  mark: { offset: 48, type: "u32" },
  ctMark: { offset: 52, type: "u32" },
  newMark: { offset: 56, type: "u32" },
  newCtMark: { offset: 60, type: "u32" },
  ctStatus: { offset: 64, type: "u16" },
  inDevice: { offset: 66, type: "u16" },
  outDevice: { offset: 68, type: "u16" },
  place: { offset: 70, type: "u8" },
  ctinfo: { offset: 71, type: "u8" },
  protocol: { offset: 72, type: "u8" },
  tcpFlags: { offset: 73, type: "u8" },
  flagsKeyed: { offset: 74, type: "u8" },
  verdict: { offset: 75, type: "u8" },
  reason: { offset: 76, type: "u8" },
} as const;

export const WalkOutcomeLayout = {
  byteLength: 28,
  walk: { offset: 0, type: "u32" },
  verdict: { offset: 4, type: "u32" },
  reason: { offset: 8, type: "u32" },
  mark: { offset: 12, type: "u32" },
  ctMark: { offset: 16, type: "u32" },
  newCtMark: { offset: 20, type: "u32" },
  ctStatus: { offset: 24, type: "u32" },
} as const;

export const AddrtypeTestLayout = {
  byteLength: 12,
  source: { offset: 0, type: "u32" },
  destination: { offset: 4, type: "u32" },
  notSource: { offset: 8, type: "u8" },
  notDestination: { offset: 9, type: "u8" },
  limitIn: { offset: 10, type: "u8" },
  limitOut: { offset: 11, type: "u8" },
} as const;

export const BpfTestLayout = {
  byteLength: 4,
  count: { offset: 0, type: "u32" },
} as const;

export const InstructionLayout = {
  byteLength: 8,
  code: { offset: 0, type: "u16" },
  jumpTrue: { offset: 2, type: "u8" },
  jumpFalse: { offset: 3, type: "u8" },
  k: { offset: 4, type: "u32" },
} as const;

export const CgroupTestLayout = {
  byteLength: 2,
  holds: { offset: 0, type: "u8" },
  holdsOfKernel: { offset: 1, type: "u8" },
} as const;

export const ClusterTestLayout = {
  byteLength: 13,
  totalNodes: { offset: 0, type: "u32" },
  nodeMask: { offset: 4, type: "u32" },
  seed: { offset: 8, type: "u32" },
  invert: { offset: 12, type: "u8" },
} as const;

export const ConnbytesTestLayout = {
  byteLength: 18,
  from: { offset: 0, type: "u64" },
  to: { offset: 8, type: "u64" },
  mode: { offset: 16, type: "u8" },
  direction: { offset: 17, type: "u8" },
} as const;

export const ConnectionListLayout = {
  byteLength: 44,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  zone: { offset: 16, type: "u32" },
  next: { offset: 20, type: "u32" },
  first: { offset: 24, type: "u32" },
  last: { offset: 28, type: "u32" },
  count: { offset: 32, type: "u32" },
  checked: { offset: 36, type: "u32" },
  checkedCount: { offset: 40, type: "u32" },
} as const;

export const CountedConnectionLayout = {
  byteLength: 46,
  next: { offset: 0, type: "u32" },
  zone: { offset: 4, type: "u32" },
  source0: { offset: 8, type: "u64" },
  source1: { offset: 16, type: "u64" },
  destination0: { offset: 24, type: "u64" },
  destination1: { offset: 32, type: "u64" },
  ports: { offset: 40, type: "u32" },
  protocol: { offset: 44, type: "u8" },
  family: { offset: 45, type: "u8" },
} as const;

export const ConnlabelTestLayout = {
  byteLength: 3,
  label: { offset: 0, type: "u8" },
  set: { offset: 1, type: "u8" },
  invert: { offset: 2, type: "u8" },
} as const;

export const ConnlimitTestLayout = {
  byteLength: 26,
  mask0: { offset: 0, type: "u64" },
  mask1: { offset: 8, type: "u64" },
  limit: { offset: 16, type: "u32" },
  lists: { offset: 20, type: "u32" },
  fromDestination: { offset: 24, type: "u8" },
  upto: { offset: 25, type: "u8" },
} as const;

export const ConntrackPrefixLayout = {
  byteLength: 32,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  mask0: { offset: 16, type: "u64" },
  mask1: { offset: 24, type: "u64" },
} as const;

export const ConntrackTestLayout = {
  byteLength: 48,
  tests: { offset: 0, type: "u32" },
  inverted: { offset: 4, type: "u32" },
  states: { offset: 8, type: "u32" },
  status: { offset: 12, type: "u32" },
  expireFrom: { offset: 16, type: "u32" },
  expireTo: { offset: 20, type: "u32" },
  protocol: { offset: 24, type: "u32" },
  prefixes: { offset: 28, type: "u32" },
  originalSourceFrom: { offset: 32, type: "u16" },
  originalSourceTo: { offset: 34, type: "u16" },
  originalDestinationFrom: { offset: 36, type: "u16" },
  originalDestinationTo: { offset: 38, type: "u16" },
  replySourceFrom: { offset: 40, type: "u16" },
  replySourceTo: { offset: 42, type: "u16" },
  replyDestinationFrom: { offset: 44, type: "u16" },
  replyDestinationTo: { offset: 46, type: "u16" },
} as const;

export const DccpTestLayout = {
  byteLength: 19,
  tests: { offset: 0, type: "u32" },
  inverted: { offset: 4, type: "u32" },
  sourceFrom: { offset: 8, type: "u16" },
  sourceTo: { offset: 10, type: "u16" },
  destinationFrom: { offset: 12, type: "u16" },
  destinationTo: { offset: 14, type: "u16" },
  types: { offset: 16, type: "u16" },
  option: { offset: 18, type: "u8" },
} as const;

export const DevgroupTestLayout = {
  byteLength: 20,
  source: { offset: 0, type: "u32" },
  sourceMask: { offset: 4, type: "u32" },
  destination: { offset: 8, type: "u32" },
  destinationMask: { offset: 12, type: "u32" },
  testsSource: { offset: 16, type: "u8" },
  testsDestination: { offset: 17, type: "u8" },
  notSource: { offset: 18, type: "u8" },
  notDestination: { offset: 19, type: "u8" },
} as const;

export const TosTestLayout = {
  byteLength: 3,
  mask: { offset: 0, type: "u8" },
  value: { offset: 1, type: "u8" },
  invert: { offset: 2, type: "u8" },
} as const;

export const EcnTestLayout = {
  byteLength: 5,
  flagMask: { offset: 0, type: "u8" },
  flags: { offset: 1, type: "u8" },
  testsIp: { offset: 2, type: "u8" },
  ect: { offset: 3, type: "u8" },
  notIp: { offset: 4, type: "u8" },
} as const;

export const SpiTestLayout = {
  byteLength: 15,
  from: { offset: 0, type: "u32" },
  to: { offset: 4, type: "u32" },
  length: { offset: 8, type: "u32" },
  notSpi: { offset: 12, type: "u8" },
  notLength: { offset: 13, type: "u8" },
  reserved: { offset: 14, type: "u8" },
} as const;

export const FragTestLayout = {
  byteLength: 13,
  idFrom: { offset: 0, type: "u32" },
  idTo: { offset: 4, type: "u32" },
  tests: { offset: 8, type: "u32" },
  notId: { offset: 12, type: "u8" },
} as const;

export const HashlimitEntryLayout = {
  byteLength: 85,
  destination0: { offset: 0, type: "u64" },
  destination1: { offset: 8, type: "u64" },
  source0: { offset: 16, type: "u64" },
  source1: { offset: 24, type: "u64" },
  ports: { offset: 32, type: "u32" },
  next: { offset: 36, type: "u32" },
  expires: { offset: 40, type: "u64" },
  previous: { offset: 48, type: "u64" },
  credit: { offset: 56, type: "u64" },
  cap: { offset: 64, type: "u64" },
  cost: { offset: 72, type: "u64" },
  interval: { offset: 80, type: "u32" },
  wasOver: { offset: 84, type: "u8" },
} as const;

export const HashlimitTableLayout = {
  byteLength: 72,
  average: { offset: 0, type: "u64" },
  burst: { offset: 8, type: "u64" },
  buckets: { offset: 16, type: "u32" },
  bucketMask: { offset: 20, type: "u32" },
  entries: { offset: 24, type: "u32" },
  users: { offset: 28, type: "u32" },
  mode: { offset: 32, type: "u32" },
  maxEntries: { offset: 36, type: "u32" },
  expireTicks: { offset: 40, type: "u32" },
  collectTicks: { offset: 44, type: "u32" },
  interval: { offset: 48, type: "u32" },
  sourceMask: { offset: 52, type: "u32" },
  destinationMask: { offset: 56, type: "u32" },
  collected: { offset: 64, type: "u64" },
} as const;

export const HashlimitTestLayout = {
  byteLength: 52,
  average: { offset: 0, type: "u64" },
  burst: { offset: 8, type: "u64" },
  table: { offset: 16, type: "u32" },
  mode: { offset: 20, type: "u32" },
  sourceMask: { offset: 24, type: "u32" },
  destinationMask: { offset: 28, type: "u32" },
  tableSize: { offset: 32, type: "u32" },
  tableMax: { offset: 36, type: "u32" },
  expireMs: { offset: 40, type: "u32" },
  collectMs: { offset: 44, type: "u32" },
  interval: { offset: 48, type: "u32" },
} as const;

export const OptionsHeaderTestLayout = {
  byteLength: 11,
  length: { offset: 0, type: "u32" },
  options: { offset: 4, type: "u32" },
  testsLength: { offset: 8, type: "u8" },
  notLength: { offset: 9, type: "u8" },
  isDestination: { offset: 10, type: "u8" },
} as const;

export const HelperTestLayout = {
  byteLength: 5,
  helpers: { offset: 0, type: "u32" },
  invert: { offset: 4, type: "u8" },
} as const;

export const HopTestLayout = {
  byteLength: 2,
  compare: { offset: 0, type: "u8" },
  value: { offset: 1, type: "u8" },
} as const;

export const IcmpTestLayout = {
  byteLength: 4,
  type: { offset: 0, type: "u8" },
  codeFrom: { offset: 1, type: "u8" },
  codeTo: { offset: 2, type: "u8" },
  invert: { offset: 3, type: "u8" },
} as const;

export const IprangeTestLayout = {
  byteLength: 68,
  sourceFrom0: { offset: 0, type: "u64" },
  sourceFrom1: { offset: 8, type: "u64" },
  sourceTo0: { offset: 16, type: "u64" },
  sourceTo1: { offset: 24, type: "u64" },
  destinationFrom0: { offset: 32, type: "u64" },
  destinationFrom1: { offset: 40, type: "u64" },
  destinationTo0: { offset: 48, type: "u64" },
  destinationTo1: { offset: 56, type: "u64" },
  testsSource: { offset: 64, type: "u8" },
  testsDestination: { offset: 65, type: "u8" },
  notSource: { offset: 66, type: "u8" },
  notDestination: { offset: 67, type: "u8" },
} as const;

export const Ipv6headerTestLayout = {
  byteLength: 6,
  headers: { offset: 0, type: "u32" },
  soft: { offset: 4, type: "u8" },
  invert: { offset: 5, type: "u8" },
} as const;

export const IpvsTestLayout = {
  byteLength: 49,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  mask0: { offset: 16, type: "u64" },
  mask1: { offset: 24, type: "u64" },
  tests: { offset: 32, type: "u32" },
  inverted: { offset: 36, type: "u32" },
  method: { offset: 40, type: "u32" },
  port: { offset: 44, type: "u16" },
  controlPort: { offset: 46, type: "u16" },
  protocol: { offset: 48, type: "u8" },
} as const;

export const LengthTestLayout = {
  byteLength: 9,
  from: { offset: 0, type: "u32" },
  to: { offset: 4, type: "u32" },
  invert: { offset: 8, type: "u8" },
} as const;

export const LimitTestLayout = {
  byteLength: 28,
  previous: { offset: 0, type: "u64" },
  average: { offset: 8, type: "u32" },
  burst: { offset: 12, type: "u32" },
  credit: { offset: 16, type: "u32" },
  cap: { offset: 20, type: "u32" },
  cost: { offset: 24, type: "u32" },
} as const;

export const MacTestLayout = {
  byteLength: 9,
  address: { offset: 0, type: "u64" },
  invert: { offset: 8, type: "u8" },
} as const;

export const MarkTestLayout = {
  byteLength: 9,
  value: { offset: 0, type: "u32" },
  mask: { offset: 4, type: "u32" },
  invert: { offset: 8, type: "u8" },
} as const;

export const MhTestLayout = {
  byteLength: 3,
  from: { offset: 0, type: "u8" },
  to: { offset: 1, type: "u8" },
  invert: { offset: 2, type: "u8" },
} as const;

export const MultiportTestLayout = {
  byteLength: 5,
  ranges: { offset: 0, type: "u16" },
  testsSource: { offset: 2, type: "u8" },
  testsDestination: { offset: 3, type: "u8" },
  invert: { offset: 4, type: "u8" },
} as const;

export const NfacctTestLayout = {
  byteLength: 4,
  account: { offset: 0, type: "u32" },
} as const;

export const OwnerTestLayout = {
  byteLength: 10,
  tests: { offset: 0, type: "u32" },
  inverted: { offset: 4, type: "u32" },
  isUser: { offset: 8, type: "u8" },
  isGroup: { offset: 9, type: "u8" },
} as const;

export const PhysdevTestLayout = {
  byteLength: 16,
  tests: { offset: 0, type: "u32" },
  inverted: { offset: 4, type: "u32" },
  inDevices: { offset: 8, type: "u32" },
  outDevices: { offset: 12, type: "u32" },
} as const;

export const PkttypeTestLayout = {
  byteLength: 2,
  type: { offset: 0, type: "u8" },
  invert: { offset: 1, type: "u8" },
} as const;

export const QuotaTestLayout = {
  byteLength: 9,
  left: { offset: 0, type: "u64" },
  invert: { offset: 8, type: "u8" },
} as const;

export const ConstantTestLayout = {
  byteLength: 1,
  holds: { offset: 0, type: "u8" },
} as const;

export const RateestTestLayout = {
  byteLength: 29,
  first: { offset: 0, type: "u32" },
  second: { offset: 4, type: "u32" },
  bytes1: { offset: 8, type: "u32" },
  packets1: { offset: 12, type: "u32" },
  bytes2: { offset: 16, type: "u32" },
  packets2: { offset: 20, type: "u32" },
  compare: { offset: 24, type: "u8" },
  testsBytes: { offset: 25, type: "u8" },
  testsPackets: { offset: 26, type: "u8" },
  delta: { offset: 27, type: "u8" },
  invert: { offset: 28, type: "u8" },
} as const;

export const RealmTestLayout = {
  byteLength: 9,
  value: { offset: 0, type: "u32" },
  mask: { offset: 4, type: "u32" },
  invert: { offset: 8, type: "u8" },
} as const;

export const RecentEntryLayout = {
  byteLength: 34,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  next: { offset: 16, type: "u32" },
  older: { offset: 20, type: "u32" },
  newer: { offset: 24, type: "u32" },
  family: { offset: 28, type: "u8" },
  ttl: { offset: 29, type: "u8" },
  index: { offset: 30, type: "u8" },
  stamps: { offset: 32, type: "u16" },
} as const;

export const RecentTableLayout = {
  byteLength: 40,
  oldest: { offset: 0, type: "u32" },
  newest: { offset: 4, type: "u32" },
  entries: { offset: 8, type: "u32" },
  users: { offset: 12, type: "u32" },
  stampMask: { offset: 16, type: "u32" },
  mask0: { offset: 24, type: "u64" },
  mask1: { offset: 32, type: "u64" },
} as const;

export const RecentTestLayout = {
  byteLength: 33,
  mask0: { offset: 0, type: "u64" },
  mask1: { offset: 8, type: "u64" },
  table: { offset: 16, type: "u32" },
  seconds: { offset: 20, type: "u32" },
  hitCount: { offset: 24, type: "u32" },
  action: { offset: 28, type: "u8" },
  invert: { offset: 29, type: "u8" },
  reap: { offset: 30, type: "u8" },
  comparesTtl: { offset: 31, type: "u8" },
  fromDestination: { offset: 32, type: "u8" },
} as const;

export const RpfilterTestLayout = {
  byteLength: 4,
  loose: { offset: 0, type: "u8" },
  usesMark: { offset: 1, type: "u8" },
  acceptLocal: { offset: 2, type: "u8" },
  invert: { offset: 3, type: "u8" },
} as const;

export const RtTestLayout = {
  byteLength: 27,
  segmentsFrom: { offset: 0, type: "u32" },
  segmentsTo: { offset: 4, type: "u32" },
  length: { offset: 8, type: "u32" },
  addresses: { offset: 12, type: "u32" },
  type: { offset: 16, type: "u32" },
  testsType: { offset: 20, type: "u8" },
  testsLength: { offset: 21, type: "u8" },
  notType: { offset: 22, type: "u8" },
  notLength: { offset: 23, type: "u8" },
  notSegments: { offset: 24, type: "u8" },
  reserved: { offset: 25, type: "u8" },
  notStrict: { offset: 26, type: "u8" },
} as const;

export const SctpTestLayout = {
  byteLength: 16,
  sourceFrom: { offset: 0, type: "u16" },
  sourceTo: { offset: 2, type: "u16" },
  destinationFrom: { offset: 4, type: "u16" },
  destinationTo: { offset: 6, type: "u16" },
  notSource: { offset: 8, type: "u8" },
  notDestination: { offset: 9, type: "u8" },
  chunks: { offset: 10, type: "u8" },
  notChunks: { offset: 11, type: "u8" },
  types: { offset: 12, type: "u32" },
} as const;

export const SidTestLayout = {
  byteLength: 32,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  mask0: { offset: 16, type: "u64" },
  mask1: { offset: 24, type: "u64" },
} as const;

export const SrhTestLayout = {
  byteLength: 28,
  tests: { offset: 0, type: "u32" },
  inverted: { offset: 4, type: "u32" },
  nextHeader: { offset: 8, type: "u8" },
  length: { offset: 9, type: "u8" },
  segmentsLeft: { offset: 10, type: "u8" },
  lastEntry: { offset: 11, type: "u8" },
  tag: { offset: 12, type: "u16" },
  previous: { offset: 16, type: "u32" },
  next: { offset: 20, type: "u32" },
  last: { offset: 24, type: "u32" },
} as const;

export const StateTestLayout = {
  byteLength: 4,
  states: { offset: 0, type: "u32" },
} as const;

export const StatisticTestLayout = {
  byteLength: 14,
  probability: { offset: 0, type: "u32" },
  every: { offset: 4, type: "u32" },
  count: { offset: 8, type: "u32" },
  isNth: { offset: 12, type: "u8" },
  invert: { offset: 13, type: "u8" },
} as const;

export const StringTestLayout = {
  byteLength: 14,
  from: { offset: 0, type: "u32" },
  to: { offset: 4, type: "u32" },
  length: { offset: 8, type: "u32" },
  ignoreCase: { offset: 12, type: "u8" },
  invert: { offset: 13, type: "u8" },
} as const;

export const TcpTestLayout = {
  byteLength: 15,
  sourceFrom: { offset: 0, type: "u16" },
  sourceTo: { offset: 2, type: "u16" },
  destinationFrom: { offset: 4, type: "u16" },
  destinationTo: { offset: 6, type: "u16" },
  flagMask: { offset: 8, type: "u8" },
  flagCompare: { offset: 9, type: "u8" },
  option: { offset: 10, type: "u8" },
  notSource: { offset: 11, type: "u8" },
  notDestination: { offset: 12, type: "u8" },
  notFlags: { offset: 13, type: "u8" },
  notOption: { offset: 14, type: "u8" },
} as const;

export const TcpmssTestLayout = {
  byteLength: 9,
  from: { offset: 0, type: "u32" },
  to: { offset: 4, type: "u32" },
  invert: { offset: 8, type: "u8" },
} as const;

export const TimeTestLayout = {
  byteLength: 25,
  dateStart: { offset: 0, type: "u32" },
  dateStop: { offset: 4, type: "u32" },
  timeStart: { offset: 8, type: "u32" },
  timeStop: { offset: 12, type: "u32" },
  monthdays: { offset: 16, type: "u32" },
  weekdays: { offset: 20, type: "u32" },
  contiguous: { offset: 24, type: "u8" },
} as const;

export const U32TestLayout = {
  byteLength: 5,
  tests: { offset: 0, type: "u32" },
  invert: { offset: 4, type: "u8" },
} as const;

export const UdpTestLayout = {
  byteLength: 10,
  sourceFrom: { offset: 0, type: "u16" },
  sourceTo: { offset: 2, type: "u16" },
  destinationFrom: { offset: 4, type: "u16" },
  destinationTo: { offset: 6, type: "u16" },
  notSource: { offset: 8, type: "u8" },
  notDestination: { offset: 9, type: "u8" },
} as const;

export const NumberedRecordsLayout = {
  byteLength: 8,
  addresses: { offset: 0, type: "u32" },
  capacity: { offset: 4, type: "u32" },
} as const;

export const Addresses6Layout = {
  byteLength: 64,
  source0: { offset: 0, type: "u64" },
  source1: { offset: 8, type: "u64" },
  sourceMask0: { offset: 16, type: "u64" },
  sourceMask1: { offset: 24, type: "u64" },
  destination0: { offset: 32, type: "u64" },
  destination1: { offset: 40, type: "u64" },
  destinationMask0: { offset: 48, type: "u64" },
  destinationMask1: { offset: 56, type: "u64" },
} as const;

export const ChainLayout = {
  byteLength: 40,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  rules: { offset: 16, type: "u32" },
  ruleCount: { offset: 20, type: "u32" },
  policy: { offset: 24, type: "u32" },
  id: { offset: 28, type: "u32" },
  index: { offset: 32, type: "u32" },
  policyWalk: { offset: 36, type: "u32" },
} as const;

export const MatchLayout = {
  byteLength: 8,
  kind: { offset: 0, type: "u32" },
  size: { offset: 4, type: "u32" },
} as const;

export const RuleLayout = {
  byteLength: 64,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  source: { offset: 16, type: "u32" },
  sourceMask: { offset: 20, type: "u32" },
  destination: { offset: 24, type: "u32" },
  destinationMask: { offset: 28, type: "u32" },
  addresses6: { offset: 32, type: "u32" },
  inDevices: { offset: 36, type: "u32" },
  outDevices: { offset: 40, type: "u32" },
  matches: { offset: 44, type: "u32" },
  matchCount: { offset: 48, type: "u16" },
  protocol: { offset: 50, type: "u8" },
  flags: { offset: 51, type: "u8" },
  targetKind: { offset: 52, type: "u32" },
  target: { offset: 56, type: "u32" },
  id: { offset: 60, type: "u32" },
} as const;

export const ShortcutLayout = {
  byteLength: 104,
  generation: { offset: 0, type: "u32" },
  path: { offset: 4, type: "u32" },
  ctMark: { offset: 8, type: "u32" },
  mtu: { offset: 12, type: "u32" },
  inDevice: { offset: 16, type: "u16" },
  outDevice: { offset: 18, type: "u16" },
  ctStatus: { offset: 20, type: "u16" },
  ctinfo: { offset: 22, type: "u8" },
  tos: { offset: 23, type: "u8" },
  tcpFlags: { offset: 24, type: "u8" },
  flagsKeyed: { offset: 25, type: "u8" },
  isTranslated: { offset: 26, type: "u8" },
  linkLength: { offset: 27, type: "u8" },
  server: { offset: 28, type: "u32" },
  link0: { offset: 32, type: "u64" },
  link1: { offset: 40, type: "u32" },
  link2: { offset: 44, type: "u16" },
  family: { offset: 46, type: "u8" },
  lookups: { offset: 47, type: "u8" },
  count: { offset: 48, type: "u32" },
  references: { offset: 52, type: "u32" },
  hash: { offset: 56, type: "u32" },
  next: { offset: 60, type: "u32" },
  vouched: { offset: 64, type: "u32" },
  longest: { offset: 68, type: "u32" },
  mac: { offset: 72, type: "u64" },
  sameForAll: { offset: 80, type: "u64" },
  endingPath: { offset: 88, type: "u32" },
  endingLength: { offset: 92, type: "u32" },
  endingDevice: { offset: 96, type: "u32" },
  endingRest: { offset: 100, type: "u32" },
} as const;

export const TableImageLayout = {
  byteLength: 36,
  preRouting: { offset: 0, type: "u32" },
  input: { offset: 4, type: "u32" },
  forward: { offset: 8, type: "u32" },
  output: { offset: 12, type: "u32" },
  postRouting: { offset: 16, type: "u32" },
  chains: { offset: 20, type: "u32" },
  chainCount: { offset: 24, type: "u32" },
  rules: { offset: 28, type: "u32" },
  ruleCount: { offset: 32, type: "u32" },
} as const;

export const ClusteripActionLayout = {
  byteLength: 16,
  hashMode: { offset: 0, type: "u32" },
  totalNodes: { offset: 4, type: "u32" },
  localNode: { offset: 8, type: "u32" },
  seed: { offset: 12, type: "u32" },
} as const;

export const ConnmarkActionLayout = {
  byteLength: 15,
  value: { offset: 0, type: "u32" },
  ctMask: { offset: 4, type: "u32" },
  nfMask: { offset: 8, type: "u32" },
  mode: { offset: 12, type: "u8" },
  shiftBits: { offset: 13, type: "u8" },
  shiftRight: { offset: 14, type: "u8" },
} as const;

export const CtActionLayout = {
  byteLength: 18,
  template: { offset: 0, type: "u32" },
  zone: { offset: 4, type: "u32" },
  zoneDirections: { offset: 8, type: "u32" },
  zoneFromMark: { offset: 12, type: "u8" },
  notrack: { offset: 13, type: "u8" },
  helper: { offset: 14, type: "u8" },
  events: { offset: 16, type: "u16" },
} as const;

export const TosActionLayout = {
  byteLength: 2,
  mask: { offset: 0, type: "u8" },
  value: { offset: 1, type: "u8" },
} as const;

export const HopActionLayout = {
  byteLength: 2,
  mode: { offset: 0, type: "u8" },
  value: { offset: 1, type: "u8" },
} as const;

export const HmarkActionLayout = {
  byteLength: 57,
  sourceMask0: { offset: 0, type: "u64" },
  sourceMask1: { offset: 8, type: "u64" },
  destinationMask0: { offset: 16, type: "u64" },
  destinationMask1: { offset: 24, type: "u64" },
  portMask: { offset: 32, type: "u32" },
  portSet: { offset: 36, type: "u32" },
  protocolMask: { offset: 40, type: "u32" },
  seed: { offset: 44, type: "u32" },
  modulus: { offset: 48, type: "u32" },
  offset: { offset: 52, type: "u32" },
  useConnection: { offset: 56, type: "u8" },
} as const;

export const ClassifyActionLayout = {
  byteLength: 4,
  priority: { offset: 0, type: "u32" },
} as const;

export const MarkActionLayout = {
  byteLength: 8,
  value: { offset: 0, type: "u32" },
  mask: { offset: 4, type: "u32" },
} as const;

export const NfqueueActionLayout = {
  byteLength: 1,
  bypass: { offset: 0, type: "u8" },
} as const;

export const NptActionLayout = {
  byteLength: 44,
  from0: { offset: 0, type: "u64" },
  from1: { offset: 8, type: "u64" },
  to0: { offset: 16, type: "u64" },
  to1: { offset: 24, type: "u64" },
  fromLength: { offset: 32, type: "u32" },
  toLength: { offset: 36, type: "u32" },
  adjustment: { offset: 40, type: "u32" },
} as const;

export const RateestActionLayout = {
  byteLength: 12,
  estimator: { offset: 0, type: "u32" },
  intervalLog: { offset: 4, type: "u32" },
  weightLog: { offset: 8, type: "u32" },
} as const;

export const RejectActionLayout = {
  byteLength: 2,
  tcpReset: { offset: 0, type: "u8" },
  code: { offset: 1, type: "u8" },
} as const;

export const SetTargetRecordLayout = {
  byteLength: 12,
  add: { offset: 0, type: "u32" },
  remove: { offset: 4, type: "u32" },
  map: { offset: 8, type: "u32" },
} as const;

export const TcpmssActionLayout = {
  byteLength: 5,
  mss: { offset: 0, type: "u32" },
  clamp: { offset: 4, type: "u8" },
} as const;

export const TcpoptstripActionLayout = {
  byteLength: 32,
  options0: { offset: 0, type: "u64" },
  options1: { offset: 8, type: "u64" },
  options2: { offset: 16, type: "u64" },
  options3: { offset: 24, type: "u64" },
} as const;

export const TeeActionLayout = {
  byteLength: 20,
  gateway0: { offset: 0, type: "u64" },
  gateway1: { offset: 8, type: "u64" },
  device: { offset: 16, type: "u32" },
} as const;

export const FrameLayout = {
  byteLength: 8,
  chain: { offset: 0, type: "u32" },
  rule: { offset: 4, type: "u32" },
} as const;

export const TableWalkLayout = {
  byteLength: 28,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  steps: { offset: 16, type: "u32" },
  stepCount: { offset: 20, type: "u32" },
  hash: { offset: 24, type: "u32" },
} as const;

export const CallIdLayout = {
  byteLength: 4,
  length: { offset: 0, type: "u32" },
} as const;

export const IpvsConnectionLayout = {
  byteLength: 128,
  client0: { offset: 0, type: "u64" },
  client1: { offset: 8, type: "u64" },
  virtual0: { offset: 16, type: "u64" },
  virtual1: { offset: 24, type: "u64" },
  server0: { offset: 32, type: "u64" },
  server1: { offset: 40, type: "u64" },
  clientPort: { offset: 48, type: "u16" },
  virtualPort: { offset: 50, type: "u16" },
  serverPort: { offset: 52, type: "u16" },
  family: { offset: 54, type: "u8" },
  serverFamily: { offset: 55, type: "u8" },
  protocol: { offset: 56, type: "u8" },
  state: { offset: 57, type: "u8" },
  touched: { offset: 58, type: "u8" },
  level: { offset: 59, type: "u8" },
  flags: { offset: 60, type: "u32" },
  inPackets: { offset: 64, type: "u32" },
  timeout: { offset: 68, type: "u32" },
  expires: { offset: 72, type: "u64" },
  turn: { offset: 80, type: "u32" },
  heapIndex: { offset: 84, type: "u32" },
  server: { offset: 88, type: "u32" },
  control: { offset: 92, type: "u32" },
  controlled: { offset: 96, type: "u32" },
  fwmark: { offset: 100, type: "u32" },
  next: { offset: 104, type: "u32" },
  link: { offset: 108, type: "u32" },
  callId: { offset: 112, type: "u32" },
  ftp: { offset: 116, type: "u8" },
  touchedLast: { offset: 117, type: "u8" },
  requestShortcut: { offset: 120, type: "u32" },
  replyShortcut: { offset: 124, type: "u32" },
} as const;

export const ServerRequestLayout = {
  byteLength: 36,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  weight: { offset: 16, type: "i32" },
  upperThreshold: { offset: 20, type: "u32" },
  lowerThreshold: { offset: 24, type: "u32" },
  port: { offset: 28, type: "u16" },
  family: { offset: 30, type: "u8" },
  method: { offset: 31, type: "u8" },
  tunnelType: { offset: 32, type: "u8" },
  tunnelFlags: { offset: 33, type: "u8" },
  tunnelPort: { offset: 34, type: "u16" },
} as const;

export const ServiceRequestLayout = {
  byteLength: 44,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  fwmark: { offset: 16, type: "u32" },
  port: { offset: 20, type: "u16" },
  family: { offset: 22, type: "u8" },
  protocol: { offset: 23, type: "u8" },
  flags: { offset: 24, type: "u32" },
  scheduler: { offset: 28, type: "u32" },
  timeoutSeconds: { offset: 32, type: "u32" },
  netmask: { offset: 36, type: "u32" },
  engine: { offset: 40, type: "u32" },
} as const;

export const IpvsCandidateLayout = {
  byteLength: 32,
  load: { offset: 0, type: "i64" },
  server: { offset: 8, type: "u32" },
  weight: { offset: 12, type: "i32" },
  active: { offset: 16, type: "i32" },
  inactive: { offset: 20, type: "i32" },
  upperThreshold: { offset: 24, type: "u32" },
  overloaded: { offset: 28, type: "u32" },
} as const;

export const IpvsDecisionLayout = {
  byteLength: 44,
  scheduler: { offset: 0, type: "u32" },
  chosen: { offset: 4, type: "u32" },
  before0: { offset: 8, type: "u32" },
  before1: { offset: 12, type: "u32" },
  before2: { offset: 16, type: "u32" },
  before3: { offset: 20, type: "u32" },
  after0: { offset: 24, type: "u32" },
  after1: { offset: 28, type: "u32" },
  after2: { offset: 32, type: "u32" },
  after3: { offset: 36, type: "u32" },
  candidates: { offset: 40, type: "u32" },
} as const;

export const IpvsHeaderLayout = {
  byteLength: 28,
  offset: { offset: 0, type: "u32" },
  transport: { offset: 4, type: "u32" },
  protocol: { offset: 8, type: "i32" },
  fragmentOffset: { offset: 12, type: "u32" },
  hasFragmentHeader: { offset: 16, type: "u8" },
  inverse: { offset: 17, type: "u8" },
  icmp: { offset: 18, type: "u8" },
  source: { offset: 20, type: "u32" },
  destination: { offset: 24, type: "u32" },
} as const;

export const LocalityEntryLayout = {
  byteLength: 44,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  lastUse: { offset: 16, type: "u64" },
  lastChange: { offset: 24, type: "u64" },
  size: { offset: 32, type: "u32" },
  members: { offset: 36, type: "u32" },
  next: { offset: 40, type: "u32" },
} as const;

export const LocalityMemberLayout = {
  byteLength: 8,
  server: { offset: 0, type: "u32" },
  next: { offset: 4, type: "u32" },
} as const;

export const LocalityTableLayout = {
  byteLength: 28,
  entries: { offset: 0, type: "i32" },
  rover: { offset: 4, type: "u32" },
  cleanings: { offset: 8, type: "u32" },
  nextCleaning: { offset: 16, type: "u64" },
  buckets: { offset: 24, type: "u32" },
} as const;

export const MaglevTurnLayout = {
  byteLength: 16,
  server: { offset: 0, type: "u32" },
  position: { offset: 4, type: "u32" },
  skip: { offset: 8, type: "u32" },
  turns: { offset: 12, type: "i32" },
} as const;

export const EntrantLayout = {
  byteLength: 16,
  load: { offset: 0, type: "i64" },
  server: { offset: 8, type: "u32" },
  weight: { offset: 12, type: "i32" },
} as const;

export const TournamentLayout = {
  byteLength: 16,
  places: { offset: 0, type: "u32" },
  servers: { offset: 4, type: "u32" },
  winners: { offset: 8, type: "u32" },
  entrants: { offset: 12, type: "u32" },
} as const;

export const WrrStateLayout = {
  byteLength: 16,
  current: { offset: 0, type: "u32" },
  weight: { offset: 4, type: "i32" },
  maximum: { offset: 8, type: "i32" },
  step: { offset: 12, type: "i32" },
} as const;

export const IpvsServerLayout = {
  byteLength: 152,
  next: { offset: 0, type: "u32" },
  previous: { offset: 4, type: "u32" },
  address0: { offset: 8, type: "u64" },
  address1: { offset: 16, type: "u64" },
  virtualAddress0: { offset: 24, type: "u64" },
  virtualAddress1: { offset: 32, type: "u64" },
  fwmark: { offset: 40, type: "u32" },
  port: { offset: 44, type: "u16" },
  virtualPort: { offset: 46, type: "u16" },
  family: { offset: 48, type: "u8" },
  protocol: { offset: 49, type: "u8" },
  available: { offset: 50, type: "u8" },
  overloaded: { offset: 51, type: "u8" },
  weight: { offset: 52, type: "i32" },
  lastWeight: { offset: 56, type: "i32" },
  connectionFlags: { offset: 60, type: "u32" },
  upperThreshold: { offset: 64, type: "u32" },
  lowerThreshold: { offset: 68, type: "u32" },
  tunnelType: { offset: 72, type: "u8" },
  tunnelFlags: { offset: 73, type: "u8" },
  tunnelPort: { offset: 74, type: "u16" },
  active: { offset: 76, type: "i32" },
  inactive: { offset: 80, type: "i32" },
  place: { offset: 84, type: "u32" },
  persistent: { offset: 88, type: "i32" },
  references: { offset: 92, type: "u32" },
  number: { offset: 96, type: "u32" },
  service: { offset: 100, type: "u32" },
  stats: { offset: 104, type: "u32" },
  route: { offset: 108, type: "u32" },
  routeFlushes: { offset: 112, type: "u32" },
  leadsToServer: { offset: 116, type: "u8" },
  learnedPathMtus: { offset: 120, type: "u32" },
  knowsPathMtu: { offset: 124, type: "u8" },
  realNext: { offset: 128, type: "u32" },
  inRealTable: { offset: 132, type: "u8" },
  trashNext: { offset: 136, type: "u32" },
  idleSince: { offset: 144, type: "u64" },
} as const;

export const IpvsServiceLayout = {
  byteLength: 88,
  first: { offset: 0, type: "u32" },
  last: { offset: 4, type: "u32" },
  address0: { offset: 8, type: "u64" },
  address1: { offset: 16, type: "u64" },
  fwmark: { offset: 24, type: "u32" },
  port: { offset: 28, type: "u16" },
  family: { offset: 30, type: "u8" },
  protocol: { offset: 31, type: "u8" },
  flags: { offset: 32, type: "u32" },
  scheduler: { offset: 36, type: "u32" },
  schedulerState: { offset: 40, type: "u32" },
  tournament: { offset: 44, type: "u32" },
  timeout: { offset: 48, type: "u64" },
  netmask: { offset: 56, type: "u32" },
  serverCount: { offset: 60, type: "u32" },
  number: { offset: 64, type: "u32" },
  engine: { offset: 68, type: "u8" },
  hashed: { offset: 69, type: "u8" },
  stats: { offset: 72, type: "u32" },
  next: { offset: 76, type: "u32" },
  listNext: { offset: 80, type: "u32" },
  listPrevious: { offset: 84, type: "u32" },
} as const;

export const IpvsStatsLayout = {
  byteLength: 168,
  connections: { offset: 0, type: "u64" },
  inPackets: { offset: 8, type: "u64" },
  outPackets: { offset: 16, type: "u64" },
  inBytes: { offset: 24, type: "u64" },
  outBytes: { offset: 32, type: "u64" },
  copyConnections: { offset: 40, type: "u64" },
  copyInPackets: { offset: 48, type: "u64" },
  copyOutPackets: { offset: 56, type: "u64" },
  copyInBytes: { offset: 64, type: "u64" },
  copyOutBytes: { offset: 72, type: "u64" },
  zeroConnections: { offset: 80, type: "u64" },
  zeroInPackets: { offset: 88, type: "u64" },
  zeroOutPackets: { offset: 96, type: "u64" },
  zeroInBytes: { offset: 104, type: "u64" },
  zeroOutBytes: { offset: 112, type: "u64" },
  rateConnections: { offset: 120, type: "u64" },
  rateInPackets: { offset: 128, type: "u64" },
  rateOutPackets: { offset: 136, type: "u64" },
  rateInBytes: { offset: 144, type: "u64" },
  rateOutBytes: { offset: 152, type: "u64" },
  period: { offset: 160, type: "u64" },
} as const;

export const PathMtuLayout = {
  byteLength: 46,
  address: { offset: 0, type: "u32" },
  mtu: { offset: 4, type: "u32" },
  expires: { offset: 8, type: "u64" },
  isLocked: { offset: 16, type: "u8" },
  next: { offset: 20, type: "u32" },
  nextHop: { offset: 24, type: "u64" },
  prefSource: { offset: 32, type: "u64" },
  device: { offset: 40, type: "u32" },
  prefixLength: { offset: 44, type: "u8" },
  viaGateway: { offset: 45, type: "u8" },
} as const;

export const SizeClassLayout = {
  byteLength: 12,
  free: { offset: 0, type: "u32" },
  fresh: { offset: 4, type: "u32" },
  freshEnd: { offset: 8, type: "u32" },
} as const;

export const ByteBufferLayout = {
  byteLength: 12,
  start: { offset: 0, type: "u32" },
  used: { offset: 4, type: "u32" },
  capacity: { offset: 8, type: "u32" },
} as const;

export const PagedArrayLayout = {
  byteLength: 16,
  directory: { offset: 0, type: "u32" },
  pages: { offset: 4, type: "u32" },
  capacity: { offset: 8, type: "u32" },
  shift: { offset: 12, type: "u32" },
} as const;

export const PoolLayout = {
  byteLength: 24,
  free: { offset: 0, type: "u32" },
  fresh: { offset: 4, type: "u32" },
  freshEnd: { offset: 8, type: "u32" },
  recordSize: { offset: 12, type: "u32" },
  live: { offset: 16, type: "u32" },
  older: { offset: 20, type: "u32" },
} as const;

export const NatRangeLayout = {
  byteLength: 42,
  min0: { offset: 0, type: "u64" },
  min1: { offset: 8, type: "u64" },
  max0: { offset: 16, type: "u64" },
  max1: { offset: 24, type: "u64" },
  flags: { offset: 32, type: "u32" },
  minPort: { offset: 36, type: "u16" },
  maxPort: { offset: 38, type: "u16" },
  basePort: { offset: 40, type: "u16" },
} as const;

export const ConfigLayout = {
  byteLength: 460,
  ipDefaultTtl: { offset: 0, type: "u32" },
  ipv6HopLimit: { offset: 4, type: "u32" },
  ipForwardUsePmtu: { offset: 8, type: "u32" },
  ipForwardUpdatePriority: { offset: 12, type: "u32" },
  ipv6Forwarding: { offset: 16, type: "u32" },
  fibMultipathHashPolicy: { offset: 20, type: "u32" },
  fibMultipathUseNeigh: { offset: 24, type: "u32" },
  ipv6MultipathHashPolicy: { offset: 28, type: "u32" },
  fwmarkReflect: { offset: 32, type: "u32" },
  ipv6FwmarkReflect: { offset: 36, type: "u32" },
  icmpErrorsUseInboundIfaddr: { offset: 40, type: "u32" },
  icmpRatelimit: { offset: 44, type: "u32" },
  icmpRatemask: { offset: 48, type: "u32" },
  icmpMsgsPerSec: { offset: 52, type: "u32" },
  icmpMsgsBurst: { offset: 56, type: "u32" },
  ipv6IcmpRatelimit: { offset: 60, type: "u32" },
  ipv6IcmpRatemask0: { offset: 64, type: "u64" },
  ipv6IcmpRatemask1: { offset: 72, type: "u64" },
  ipv6IcmpRatemask2: { offset: 80, type: "u64" },
  ipv6IcmpRatemask3: { offset: 88, type: "u64" },
  ipfragTime: { offset: 96, type: "u32" },
  ipfragHighThresh: { offset: 100, type: "u32" },
  ipfragMaxDist: { offset: 104, type: "u32" },
  ip6fragTime: { offset: 108, type: "u32" },
  ip6fragHighThresh: { offset: 112, type: "u32" },
  conntrackMax: { offset: 116, type: "u32" },
  conntrackBuckets: { offset: 120, type: "u32" },
  conntrackAcct: { offset: 124, type: "u32" },
  conntrackChecksum: { offset: 128, type: "u32" },
  conntrackTimestamp: { offset: 132, type: "u32" },
  expectMax: { offset: 136, type: "u32" },
  conntrackEvents: { offset: 140, type: "u32" },
  listensEvents: { offset: 144, type: "u32" },
  tcpLoose: { offset: 148, type: "u32" },
  tcpBeLiberal: { offset: 152, type: "u32" },
  tcpMaxRetrans: { offset: 156, type: "u32" },
  tcpIgnoreInvalidRst: { offset: 160, type: "u32" },
  tcpTimeoutSynSent: { offset: 164, type: "u32" },
  tcpTimeoutSynRecv: { offset: 168, type: "u32" },
  tcpTimeoutEstablished: { offset: 172, type: "u32" },
  tcpTimeoutFinWait: { offset: 176, type: "u32" },
  tcpTimeoutCloseWait: { offset: 180, type: "u32" },
  tcpTimeoutLastAck: { offset: 184, type: "u32" },
  tcpTimeoutTimeWait: { offset: 188, type: "u32" },
  tcpTimeoutClose: { offset: 192, type: "u32" },
  tcpTimeoutMaxRetrans: { offset: 196, type: "u32" },
  tcpTimeoutUnacknowledged: { offset: 200, type: "u32" },
  udpTimeout: { offset: 204, type: "u32" },
  udpTimeoutStream: { offset: 208, type: "u32" },
  icmpTimeout: { offset: 212, type: "u32" },
  icmpv6Timeout: { offset: 216, type: "u32" },
  greTimeout: { offset: 220, type: "u32" },
  greTimeoutStream: { offset: 224, type: "u32" },
  genericTimeout: { offset: 228, type: "u32" },
  sctpTimeoutClosed: { offset: 232, type: "u32" },
  sctpTimeoutCookieWait: { offset: 236, type: "u32" },
  sctpTimeoutCookieEchoed: { offset: 240, type: "u32" },
  sctpTimeoutEstablished: { offset: 244, type: "u32" },
  sctpTimeoutShutdownSent: { offset: 248, type: "u32" },
  sctpTimeoutShutdownRecd: { offset: 252, type: "u32" },
  sctpTimeoutShutdownAckSent: { offset: 256, type: "u32" },
  sctpTimeoutHeartbeatSent: { offset: 260, type: "u32" },
  dccpTimeoutRequest: { offset: 264, type: "u32" },
  dccpTimeoutRespond: { offset: 268, type: "u32" },
  dccpTimeoutPartopen: { offset: 272, type: "u32" },
  dccpTimeoutOpen: { offset: 276, type: "u32" },
  dccpTimeoutClosereq: { offset: 280, type: "u32" },
  dccpTimeoutClosing: { offset: 284, type: "u32" },
  dccpTimeoutTimewait: { offset: 288, type: "u32" },
  dccpLoose: { offset: 292, type: "u32" },
  frag6Timeout: { offset: 296, type: "u32" },
  frag6HighThresh: { offset: 300, type: "u32" },
  ftpLoose: { offset: 304, type: "u32" },
  natFtp: { offset: 308, type: "u32" },
  natTftp: { offset: 312, type: "u32" },
  logsHelpers: { offset: 316, type: "u32" },
  conntrackActive4: { offset: 320, type: "u32" },
  conntrackActive6: { offset: 324, type: "u32" },
  defragActive4: { offset: 328, type: "u32" },
  defragActive6: { offset: 332, type: "u32" },
  vsConntrack: { offset: 336, type: "u32" },
  vsConnReuseMode: { offset: 340, type: "u32" },
  vsExpireNodestConn: { offset: 344, type: "u32" },
  vsExpireQuiescentTemplate: { offset: 348, type: "u32" },
  vsSloppyTcp: { offset: 352, type: "u32" },
  vsSloppySctp: { offset: 356, type: "u32" },
  vsSnatReroute: { offset: 360, type: "u32" },
  vsNatIcmpSend: { offset: 364, type: "u32" },
  vsScheduleIcmp: { offset: 368, type: "u32" },
  vsCacheBypass: { offset: 372, type: "u32" },
  vsIgnoreTunneled: { offset: 376, type: "u32" },
  vsPmtuDisc: { offset: 380, type: "u32" },
  vsFtp: { offset: 384, type: "u32" },
  vsDropEntry: { offset: 388, type: "u32" },
  vsDropPacket: { offset: 392, type: "u32" },
  vsAmDroprate: { offset: 396, type: "u32" },
  vsSecureTcp: { offset: 400, type: "u32" },
  vsLblcExpiration: { offset: 404, type: "u32" },
  vsLblcrExpiration: { offset: 408, type: "u32" },
  vsRunEstimation: { offset: 412, type: "u32" },
  vsBackupOnly: { offset: 416, type: "u32" },
  ipUnprivilegedPortStart: { offset: 420, type: "u32" },
  record: { offset: 424, type: "u32" },
  watchedRule4: { offset: 428, type: "u32" },
  watchedRule6: { offset: 432, type: "u32" },
  pathCache: { offset: 436, type: "u32" },
  index: { offset: 440, type: "u32" },
  batch: { offset: 444, type: "u32" },
  verifyChecksums: { offset: 448, type: "u32" },
  kernelVersion: { offset: 452, type: "u32" },
  kernelPatch: { offset: 456, type: "u32" },
} as const;

export const DeviceLayout = {
  byteLength: 108,
  ifindex: { offset: 0, type: "u32" },
  flags: { offset: 4, type: "u32" },
  mtu: { offset: 8, type: "u32" },
  group: { offset: 12, type: "u32" },
  mac: { offset: 16, type: "u64" },
  name0: { offset: 24, type: "u64" },
  name1: { offset: 32, type: "u64" },
  addresses4: { offset: 40, type: "u32" },
  addresses6: { offset: 44, type: "u32" },
  master: { offset: 48, type: "u32" },
  below: { offset: 52, type: "u32" },
  vlanTag: { offset: 56, type: "u32" },
  firstPort: { offset: 60, type: "u32" },
  nextPort: { offset: 64, type: "u32" },
  portFlags: { offset: 68, type: "u32" },
  groupForward: { offset: 72, type: "u32" },
  ageing: { offset: 76, type: "u32" },
  packetsPerPort: { offset: 80, type: "u32" },
  sentFrames: { offset: 84, type: "u32" },
  bondMode: { offset: 88, type: "u8" },
  bondPolicy: { offset: 89, type: "u8" },
  callIptables: { offset: 90, type: "u8" },
  callIp6tables: { offset: 91, type: "u8" },
  snooping: { offset: 92, type: "u8" },
  forwarding4: { offset: 93, type: "u8" },
  forwarding6: { offset: 94, type: "u8" },
  rpFilter: { offset: 95, type: "u8" },
  acceptLocal: { offset: 96, type: "u8" },
  routeLocalnet: { offset: 97, type: "u8" },
  sendRedirects: { offset: 98, type: "u8" },
  sharedMedia: { offset: 99, type: "u8" },
  bcForwarding: { offset: 100, type: "u8" },
  acceptSourceRoute: { offset: 101, type: "u8" },
  srcValidMark: { offset: 102, type: "u8" },
  disableIpv6: { offset: 103, type: "u8" },
  dropUnicastInL2Multicast: { offset: 104, type: "u8" },
  dropUnicastInL2Multicast6: { offset: 105, type: "u8" },
  useTempaddr: { offset: 106, type: "u8" },
  hopLimit: { offset: 107, type: "u8" },
} as const;

export const InterfaceAddressLayout = {
  byteLength: 26,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  next: { offset: 16, type: "u32" },
  prefixLength: { offset: 20, type: "u8" },
  scope: { offset: 21, type: "u8" },
  secondary: { offset: 22, type: "u8" },
  deprecated: { offset: 23, type: "u8" },
  temporary: { offset: 24, type: "u8" },
  tentative: { offset: 25, type: "u8" },
} as const;

export const InputRecordLayout = {
  byteLength: 60,
  timeNs: { offset: 0, type: "u64" },
  hash: { offset: 8, type: "u64" },
  size: { offset: 16, type: "u32" },
  number: { offset: 20, type: "u32" },
  device: { offset: 24, type: "u32" },
  macLength: { offset: 28, type: "u32" },
  length: { offset: 32, type: "u32" },
  captured: { offset: 36, type: "u32" },
  frame: { offset: 40, type: "u32" },
  source: { offset: 44, type: "u32" },
  piece: { offset: 48, type: "u32" },
  family: { offset: 52, type: "u8" },
  packetType: { offset: 53, type: "u8" },
  aggregate: { offset: 54, type: "u8" },
  partialChecksum: { offset: 55, type: "u8" },
  wasSent: { offset: 56, type: "u8" },
  direction: { offset: 57, type: "u8" },
  isRejected: { offset: 58, type: "u8" },
  kind: { offset: 59, type: "u8" },
} as const;

export const PacketLayout = {
  byteLength: 168,
  data: { offset: 0, type: "u32" },
  length: { offset: 4, type: "u32" },
  captured: { offset: 8, type: "u32" },
  family: { offset: 12, type: "u8" },
  protocol: { offset: 13, type: "u8" },
  packetType: { offset: 14, type: "u8" },
  ctinfo: { offset: 15, type: "u8" },
  transportOffset: { offset: 16, type: "u32" },
  fragmentOffset: { offset: 20, type: "u32" },
  moreFragments: { offset: 24, type: "u8" },
  brokenChain: { offset: 25, type: "u8" },
  origin: { offset: 26, type: "u8" },
  ipvsProperty: { offset: 27, type: "u8" },
  ct: { offset: 28, type: "u32" },
  template: { offset: 32, type: "u32" },
  mark: { offset: 36, type: "u32" },
  priority: { offset: 40, type: "u32" },
  inDevice: { offset: 44, type: "u32" },
  mac: { offset: 48, type: "u32" },
  macLength: { offset: 52, type: "u32" },
  routed: { offset: 56, type: "u8" },
  routeResult: { offset: 57, type: "u8" },
  routeType: { offset: 58, type: "u8" },
  viaGateway: { offset: 59, type: "u8" },
  outDevice: { offset: 60, type: "u32" },
  routeMtu: { offset: 64, type: "u32" },
  nextHop0: { offset: 72, type: "u64" },
  nextHop1: { offset: 80, type: "u64" },
  prefSource0: { offset: 88, type: "u64" },
  prefSource1: { offset: 96, type: "u64" },
  realm: { offset: 104, type: "u32" },
  fragMaxSize: { offset: 108, type: "u32" },
  fragDf: { offset: 112, type: "u8" },
  partialChecksum: { offset: 113, type: "u8" },
  checksumValid: { offset: 114, type: "u8" },
  loopedBack: { offset: 115, type: "u8" },
  ignoreDf: { offset: 116, type: "u8" },
  aggregate: { offset: 117, type: "u8" },
  doRedirect: { offset: 118, type: "u8" },
  ended: { offset: 119, type: "u8" },
  optRecordRoute: { offset: 120, type: "u8" },
  optTimestamp: { offset: 121, type: "u8" },
  optSourceRoute: { offset: 122, type: "u8" },
  optSecurity: { offset: 123, type: "u8" },
  optFlags: { offset: 124, type: "u8" },
  optNextHop: { offset: 128, type: "u32" },
  fragments: { offset: 132, type: "u32" },
  deliveryOffset: { offset: 136, type: "u32" },
  bridgeIn: { offset: 140, type: "u32" },
  bridgeOut: { offset: 144, type: "u32" },
  number: { offset: 148, type: "u32" },
  path: { offset: 152, type: "u32" },
  buffer: { offset: 156, type: "u32" },
  bufferSize: { offset: 160, type: "u32" },
  next: { offset: 164, type: "u32" },
} as const;

export const SourceScoreLayout = {
  byteLength: 32,
  same: { offset: 0, type: "i32" },
  scope: { offset: 4, type: "i32" },
  preferred: { offset: 8, type: "i32" },
  outDevice: { offset: 12, type: "i32" },
  label: { offset: 16, type: "i32" },
  privacy: { offset: 20, type: "i32" },
  orchid: { offset: 24, type: "i32" },
  matchLength: { offset: 28, type: "i32" },
} as const;

export const OwnAddressLayout = {
  byteLength: 28,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  device: { offset: 16, type: "u32" },
  family: { offset: 20, type: "u32" },
  next: { offset: 24, type: "u32" },
} as const;

export const FibEntryLayout = {
  byteLength: 74,
  destination0: { offset: 0, type: "u64" },
  destination1: { offset: 8, type: "u64" },
  source0: { offset: 16, type: "u64" },
  source1: { offset: 24, type: "u64" },
  prefSource0: { offset: 32, type: "u64" },
  prefSource1: { offset: 40, type: "u64" },
  next: { offset: 48, type: "u32" },
  table: { offset: 52, type: "u32" },
  metric: { offset: 56, type: "u32" },
  mtu: { offset: 60, type: "u32" },
  nextHopCount: { offset: 64, type: "u32" },
  family: { offset: 68, type: "u8" },
  prefixLength: { offset: 69, type: "u8" },
  sourceLength: { offset: 70, type: "u8" },
  tos: { offset: 71, type: "u8" },
  type: { offset: 72, type: "u8" },
  scope: { offset: 73, type: "u8" },
} as const;

export const FibNextHopLayout = {
  byteLength: 30,
  gateway0: { offset: 0, type: "u64" },
  gateway1: { offset: 8, type: "u64" },
  device: { offset: 16, type: "u32" },
  weight: { offset: 20, type: "u32" },
  upperBound: { offset: 24, type: "u32" },
  gatewayFamily: { offset: 28, type: "u8" },
  dead: { offset: 29, type: "u8" },
} as const;

export const FibPrefixLayout = {
  byteLength: 32,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  table: { offset: 16, type: "u32" },
  prefixLength: { offset: 20, type: "u32" },
  first: { offset: 24, type: "u32" },
  next: { offset: 28, type: "u32" },
} as const;

export const FibTableLayout = {
  byteLength: 24,
  number: { offset: 0, type: "u32" },
  family: { offset: 4, type: "u32" },
  next: { offset: 8, type: "u32" },
  lengths: { offset: 12, type: "u32" },
  lengthCount: { offset: 16, type: "u32" },
  defaults: { offset: 20, type: "u32" },
} as const;

export const CachedRouteLayout = {
  byteLength: 48,
  destination0: { offset: 0, type: "u64" },
  destination1: { offset: 8, type: "u64" },
  source0: { offset: 16, type: "u64" },
  source1: { offset: 24, type: "u64" },
  mark: { offset: 32, type: "u32" },
  inDevice: { offset: 36, type: "u32" },
  generation: { offset: 40, type: "u32" },
  family: { offset: 44, type: "u8" },
  tos: { offset: 45, type: "u8" },
  unused: { offset: 46, type: "u16" },
} as const;

export const FibResultLayout = {
  byteLength: 12,
  entry: { offset: 0, type: "u32" },
  hop: { offset: 4, type: "u32" },
  table: { offset: 8, type: "u32" },
} as const;

export const NeighbourLayout = {
  byteLength: 36,
  address0: { offset: 0, type: "u64" },
  address1: { offset: 8, type: "u64" },
  mac: { offset: 16, type: "u64" },
  device: { offset: 24, type: "u32" },
  family: { offset: 28, type: "u32" },
  next: { offset: 32, type: "u32" },
} as const;

export const FlowKeyLayout = {
  byteLength: 64,
  destination0: { offset: 0, type: "u64" },
  destination1: { offset: 8, type: "u64" },
  source0: { offset: 16, type: "u64" },
  source1: { offset: 24, type: "u64" },
  mark: { offset: 32, type: "u32" },
  inDevice: { offset: 36, type: "u32" },
  outDevice: { offset: 40, type: "u32" },
  sourcePort: { offset: 44, type: "u16" },
  destinationPort: { offset: 46, type: "u16" },
  family: { offset: 48, type: "u8" },
  protocol: { offset: 49, type: "u8" },
  tos: { offset: 50, type: "u8" },
  anySource: { offset: 51, type: "u8" },
  strictDevice: { offset: 52, type: "u8" },
  preferredDevice: { offset: 56, type: "u32" },
  hash: { offset: 60, type: "u32" },
} as const;

export const RouteLayout = {
  byteLength: 55,
  nextHop0: { offset: 0, type: "u64" },
  nextHop1: { offset: 8, type: "u64" },
  prefSource0: { offset: 16, type: "u64" },
  prefSource1: { offset: 24, type: "u64" },
  result: { offset: 32, type: "u32" },
  type: { offset: 36, type: "u32" },
  device: { offset: 40, type: "u32" },
  mtu: { offset: 44, type: "u32" },
  realm: { offset: 48, type: "u32" },
  viaGateway: { offset: 52, type: "u8" },
  redirect: { offset: 53, type: "u8" },
  prefixLength: { offset: 54, type: "u8" },
} as const;

export const PolicyRuleLayout = {
  byteLength: 87,
  source0: { offset: 0, type: "u64" },
  source1: { offset: 8, type: "u64" },
  destination0: { offset: 16, type: "u64" },
  destination1: { offset: 24, type: "u64" },
  next: { offset: 32, type: "u32" },
  priority: { offset: 36, type: "u32" },
  mark: { offset: 40, type: "u32" },
  markMask: { offset: 44, type: "u32" },
  inDevice: { offset: 48, type: "u32" },
  outDevice: { offset: 52, type: "u32" },
  table: { offset: 56, type: "u32" },
  gotoPriority: { offset: 60, type: "u32" },
  suppressPrefixLength: { offset: 64, type: "i32" },
  suppressGroup: { offset: 68, type: "i32" },
  sourcePortFrom: { offset: 72, type: "u16" },
  sourcePortTo: { offset: 74, type: "u16" },
  destinationPortFrom: { offset: 76, type: "u16" },
  destinationPortTo: { offset: 78, type: "u16" },
  family: { offset: 80, type: "u8" },
  action: { offset: 81, type: "u8" },
  invert: { offset: 82, type: "u8" },
  sourceLength: { offset: 83, type: "u8" },
  destinationLength: { offset: 84, type: "u8" },
  tos: { offset: 85, type: "u8" },
  protocol: { offset: 86, type: "u8" },
} as const;

export const FramePairingLayout = {
  byteLength: 28,
  number: { offset: 0, type: "u32" },
  firstFrame: { offset: 4, type: "u32" },
  firstEnding: { offset: 8, type: "u32" },
  lastEnding: { offset: 12, type: "u32" },
  turn: { offset: 16, type: "u32" },
  isInStep: { offset: 20, type: "u8" },
  hasGroup: { offset: 21, type: "u8" },
  frame: { offset: 24, type: "u32" },
} as const;

export const EndingLayout = {
  byteLength: 20,
  number: { offset: 0, type: "u32" },
  path: { offset: 4, type: "u32" },
  length: { offset: 8, type: "u32" },
  device: { offset: 12, type: "u16" },
  fate: { offset: 14, type: "u8" },
  reason: { offset: 15, type: "u8" },
  origin: { offset: 16, type: "u8" },
  ctinfo: { offset: 17, type: "u8" },
  lookups: { offset: 18, type: "u16" },
} as const;

export const OutputFrameLayout = {
  byteLength: 28,
  size: { offset: 0, type: "u32" },
  length: { offset: 4, type: "u32" },
  originalLength: { offset: 8, type: "u32" },
  number: { offset: 12, type: "u32" },
  timeNs: { offset: 16, type: "u64" },
  device: { offset: 24, type: "u32" },
} as const;

export const TotalsLayout = {
  byteLength: 64,
  packets: { offset: 0, type: "u64" },
  sent: { offset: 8, type: "u64" },
  delivered: { offset: 16, type: "u64" },
  dropped: { offset: 24, type: "u64" },
  missingBytes: { offset: 32, type: "u64" },
  missingNeighbours: { offset: 40, type: "u64" },
  helpers: { offset: 48, type: "u64" },
  backwards: { offset: 56, type: "u64" },
} as const;

export const TraceEventLayout = {
  byteLength: 72,
  size: { offset: 0, type: "u32" },
  kind: { offset: 4, type: "u32" },
  number: { offset: 8, type: "u32" },
  hook: { offset: 12, type: "u32" },
  inDevice: { offset: 16, type: "u32" },
  outDevice: { offset: 20, type: "u32" },
  mark: { offset: 24, type: "u32" },
  subject: { offset: 28, type: "u32" },
  detail: { offset: 32, type: "u32" },
  dataLength: { offset: 36, type: "u32" },
  macLength: { offset: 40, type: "u32" },
  packetLength: { offset: 44, type: "u32" },
  timeNs: { offset: 48, type: "u64" },
  packet: { offset: 56, type: "u32" },
  origin: { offset: 60, type: "u32" },
  bridgeIn: { offset: 64, type: "u32" },
  bridgeOut: { offset: 68, type: "u32" },
} as const;

export const PathCountLayout = {
  byteLength: 24,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  path: { offset: 16, type: "u32" },
  next: { offset: 20, type: "u32" },
} as const;

export const PathTallyLayout = {
  byteLength: 32,
  packets: { offset: 0, type: "u64" },
  bytes: { offset: 8, type: "u64" },
  path: { offset: 16, type: "u32" },
  example: { offset: 20, type: "u32" },
  fate: { offset: 24, type: "u8" },
  reason: { offset: 25, type: "u8" },
  origin: { offset: 26, type: "u8" },
  next: { offset: 28, type: "u32" },
} as const;

export const PathNodeLayout = {
  byteLength: 16,
  parent: { offset: 0, type: "u32" },
  step: { offset: 4, type: "u32" },
  recentStep: { offset: 8, type: "u32" },
  recent: { offset: 12, type: "u32" },
} as const;
