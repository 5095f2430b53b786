/** A command of ip that the kernel refuses; nothing changed. */
export class IpRefusal extends Error {
  override readonly name = "IpRefusal";
}
