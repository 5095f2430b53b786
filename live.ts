import { readdirSync, readFileSync, existsSync } from "node:fs";
import { parseNode, replay } from "./src/index.ts";
const root = "/work/shared/conformance";
for (const g of ["iptables","conntrack","nat","ipvs","kube","fuzz"]) for (const s of readdirSync(`${root}/${g}`)) {
  const d = `${root}/${g}/${s}`;
  if (!existsSync(`${d}/in.pcapng`)) continue;
  const files = new Map(readdirSync(d,{withFileTypes:true}).filter(e=>e.isFile()).map(e=>[e.name,new Uint8Array(readFileSync(`${d}/${e.name}`))]));
  try {
    const ends = new Map<number, number[]>(); let total=0;
    const r = await replay(parseNode(files), files.get("in.pcapng")!, { advance: 200, observe: () => [{ ending: (e) => { if (e.origin!==2) ends.set(e.number,[...(ends.get(e.number)??[]), e.fate]); } }] });
    const live = r.emulator.core.livePackets();
    if (live) console.log(g, s, "live", live);
    for (let n=1;n<=r.records;n++) { const f = ends.get(n)??[]; if (f.length!==1) { console.log(g,s,"packet",n,"endings",f.join()); break; } }
  } catch (e) { console.log(g, s, String(e).slice(0,200)); }
}
