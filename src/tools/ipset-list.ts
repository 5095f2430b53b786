import { printCreate } from "../config/ipset/create.ts";
import { printIpsetSave, printMember } from "../config/ipset/save.ts";
import type { IpSet, SetTypeName } from "../model/ipset.ts";

/** `ipset list` and `ipset save` in the tool's output modes (lib/session.c of ipset 7.17). */

export interface SetListFormat {
  readonly output: "plain" | "save" | "xml" | "name";
  readonly terse: boolean;
  readonly sorted: boolean;
  /** What refers to a set: rules and lists. */
  references(set: string): number;
}

/** Revisions of the types that ipset 7.17 and Linux 6.1 have in common. */
const REVISIONS: Readonly<Record<SetTypeName, number>> = {
  "bitmap:ip": 3,
  "bitmap:ip,mac": 3,
  "bitmap:port": 3,
  "hash:ip": 6,
  "hash:mac": 1,
  "hash:ip,mac": 1,
  "hash:ip,mark": 3,
  "hash:ip,port": 7,
  "hash:ip,port,ip": 7,
  "hash:ip,port,net": 9,
  "hash:net": 7,
  "hash:net,net": 3,
  "hash:net,port": 8,
  "hash:net,port,net": 3,
  "hash:net,iface": 8,
  "list:set": 3,
};

export function listSets(sets: readonly IpSet[], format: SetListFormat): string {
  switch (format.output) {
    case "name":
      return sets.map(({ name }) => `${name}\n`).join("");
    case "save":
      return printIpsetSave(format.sorted ? sets.map(inOrder) : sets);
    case "xml":
      return `<ipsets>\n${sets.map((set) => xmlText(set, format)).join("")}</ipsets>\n`;
    case "plain":
      return sets.map((set) => plainText(set, format)).join("\n");
  }
}

function plainText(set: IpSet, format: SetListFormat): string {
  const lines = [
    `Name: ${set.name}`,
    `Type: ${set.type}`,
    `Revision: ${REVISIONS[set.type]}`,
    `Header: ${headerOf(set)}`,
    // How much memory the kernel would need is not worked out.
    "Size in memory: N",
    `References: ${format.references(set.name)}`,
    `Number of entries: ${set.members.length}`,
  ];
  if (!format.terse) lines.push("Members:", ...memberTexts(format.sorted ? inOrder(set) : set));
  return lines.map((line) => `${line}\n`).join("");
}

function headerOf(set: IpSet): string {
  return printCreate(set).split(" ").slice(3).join(" ");
}

function memberTexts(set: IpSet): string[] {
  return set.members.map((member) => printMember(member, set.name, set.type).slice(`add ${set.name} `.length));
}

function inOrder(set: IpSet): IpSet {
  const texts = new Map(set.members.map((member) => [member, printMember(member, set.name, set.type)]));
  return { ...set, members: [...set.members].sort((a, b) => (texts.get(a)! < texts.get(b)! ? -1 : 1)) };
}

const FLAGS = ["counters", "comment", "skbinfo", "forceadd"];

function xmlText(set: IpSet, format: SetListFormat): string {
  const header = headerOf(set).split(" ");
  let text = "";
  for (let i = 0; i < header.length; i++) {
    const name = header[i]!;
    text += FLAGS.includes(name) ? `<${name}/>` : `<${name}>${header[++i]}</${name}>`;
  }
  const members = format.terse ? "" : `<members>\n${memberTexts(set).map(xmlMember).join("")}</members>\n`;
  const counts = `<references>${format.references(set.name)}</references>\n<numentries>${set.members.length}</numentries>\n`;
  const type = `<type>${set.type}</type>\n<revision>${REVISIONS[set.type]}</revision>\n`;
  return `<ipset name="${set.name}">\n${type}<header>${text}\n<memsize>N</memsize>\n${counts}</header>\n${members}</ipset>\n`;
}

function xmlMember(text: string): string {
  const [element, ...words] = text.match(/"[^"]*"|\S+/g) ?? [];
  let xml = `<elem>${element}</elem>`;
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!;
    xml += name === "nomatch" || name === "wildcard" ? `<${name}/>` : `<${name}>${words[++i]}</${name}>`;
  }
  return `<member>${xml}</member>\n`;
}
