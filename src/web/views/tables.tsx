import { useEffect, useState } from "preact/hooks";
import type { TablesAt } from "../session/shown.ts";
import { worker } from "../worker-client.ts";
import { PacketList, type PacketListProps } from "./packet-list.tsx";
import { TableText } from "./table-text.tsx";

/** Milliseconds without a move of the slider before the tables are worked out. */
const QUIET_MS = 100;
const NAMES: Readonly<Record<string, string>> = {
  "conntrack.txt": "conntrack -L",
  "expect.txt": "conntrack -L expect",
  "iptables.save": "iptables-save -c",
  "ip6tables.save": "ip6tables-save -c",
  "ipvs.services": "ipvsadm -Ln",
  "ipvs.stats": "ipvsadm -Ln --stats",
  "ipvs.conns": "ipvsadm -Lnc",
  "ipset.save": "ipset save",
  "nfacct.txt": "nfacct list",
};

/** The list of packets, and the node's tables as they were at any time, in the words of the tools. */
export function TablesView(props: PacketListProps) {
  const { selected, time, run } = props;
  const [shown, setShown] = useState<TablesAt>();
  const [problem, setProblem] = useState<string>();
  const [isLate, setIsLate] = useState(false);
  const [name, setName] = useState("conntrack.txt");

  useEffect(() => {
    let isWanted = true;
    setIsLate(true);
    const timer = setTimeout(() => {
      worker.tables(selected, time).then(
        (found) => {
          if (!isWanted || !found) return;
          setShown(found);
          setProblem(undefined);
          setIsLate(false);
        },
        (error: Error) => isWanted && setProblem(error.message),
      );
    }, QUIET_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [selected, time, run]);

  const tables = shown?.tables ?? [];
  const [tab, text] = tables.find(([each]) => each === name) ?? tables[0] ?? ["", ""];
  return (
    <div class="packets">
      <PacketList {...props} />
      <section class="detail tables" aria-label="Tables" aria-busy={isLate}>
        <h2>
          {time === undefined ? `After packet ${shown?.packet ?? selected}` : `At ${time.toFixed(6)} s`}{" "}
          {time !== undefined && <small>after packet {shown?.packet ?? selected}</small>}
        </h2>
        <div class="tabs" role="tablist" aria-label="Tables">
          {tables.map(([each]) => (
            <button type="button" role="tab" aria-selected={each === tab} onClick={() => setName(each)}>
              {NAMES[each] ?? each}
            </button>
          ))}
        </div>
        {problem !== undefined && <p class="error">{problem}</p>}
        <TableText key={tab} label={NAMES[tab] ?? tab} text={text} />
      </section>
    </div>
  );
}
