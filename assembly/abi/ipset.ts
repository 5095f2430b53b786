/** Set types of ipset. */
export enum SetType {
  BitmapIp = 1,
  BitmapIpMac = 2,
  BitmapPort = 3,
  HashIp = 4,
  HashMac = 5,
  HashIpMac = 6,
  HashIpMark = 7,
  HashIpPort = 8,
  HashIpPortIp = 9,
  HashIpPortNet = 10,
  HashNet = 11,
  HashNetNet = 12,
  HashNetPort = 13,
  HashNetPortNet = 14,
  HashNetIface = 15,
  ListSet = 16,
}
