import { PacketDetailView } from "./packet-detail.tsx";
import { PacketList, type PacketListProps } from "./packet-list.tsx";

/** The list of packets, what became of each, and the chosen one in detail. */
export function PacketsView(props: PacketListProps) {
  const { opened, run, selected, onFilter } = props;
  return (
    <div class="packets">
      <PacketList {...props} />
      <section class="detail" aria-label={`Packet ${selected}`}>
        <PacketDetailView number={selected} run={run} opened={opened} onFilter={onFilter} />
      </section>
    </div>
  );
}
