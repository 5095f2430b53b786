import { useEffect, useState } from "preact/hooks";
import type { Opened, PacketDetail } from "../session/shown.ts";
import { worker } from "../worker-client.ts";
import { Fate } from "./fate.tsx";
import { ScrollText } from "./scroll-text.tsx";
import { Walks } from "./walks.tsx";

interface Props {
  readonly number: number;
  readonly run: number;
  readonly opened: Opened;
  readonly onFilter: (filter: string) => void;
}

/** One packet: the map of hooks with its way lit, and its steps. The one before stays until the new one is there. */
export function PacketDetailView({ number, run, opened, onFilter }: Props) {
  const [shown, setShown] = useState<{ readonly number: number; readonly detail: PacketDetail }>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    let isWanted = true;
    setProblem(undefined);
    worker.detail(number).then(
      (detail) => isWanted && detail && setShown({ number, detail }),
      (error: Error) => isWanted && setProblem(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [number, run]);

  if (problem !== undefined) return <p class="error">{problem}</p>;
  if (!shown) return <p>Explaining packet {number}…</p>;
  return (
    <div aria-busy={shown.number !== number}>
      <Detail {...shown} opened={opened} onFilter={onFilter} />
    </div>
  );
}

interface DetailProps extends Pick<Props, "number" | "opened" | "onFilter"> {
  readonly detail: PacketDetail;
}

function Detail({ number, detail, opened, onFilter }: DetailProps) {
  const { explanation, verdict, made, words, counters, connections, ipvsConnections, flow } = detail;
  if (!explanation || !verdict) return <h2>Packet {number} is no input of the node.</h2>;
  return (
    <>
      <h2>
        Packet {number}: <Fate fate={verdict.fate} />
        {verdict.fate === "sent" && ` out ${verdict.interface}`} {verdict.reason && <small>{verdict.reason}</small>}{" "}
        {flow !== undefined && (
          <button type="button" class="small" onClick={() => onFilter(flow)}>
            Only its flow
          </button>
        )}
      </h2>
      <Walks
        walks={explanation.walks}
        opened={opened}
        counters={counters}
        whyNot={(place) => worker.whyNot(number, place)}
      />
      {made.length > 0 && (
        <p>{made.length === 1 ? "1 packet was" : `${made.length} packets were`} made because of it.</p>
      )}
      <Listing title="Connection after it" lines={connections} />
      <Listing title="IPVS connection after it" lines={ipvsConnections} />
      <details>
        <summary>The path in one line</summary>
        <p>{words.join(" > ")}</p>
      </details>
    </>
  );
}

function Listing({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ScrollText label={title} text={lines.join("\n")} />
    </section>
  );
}
