import type { Step } from "../../index.ts";

/** How an IPVS scheduler chose: its rule, and the candidates with what it compared. */
export function ScheduleStep({ step }: { step: Extract<Step, { step: "schedule" }> }) {
  const { service, scheduler, rule, candidates, chosen } = step;
  return (
    <>
      {scheduler} chooses for {service ?? "a service"}: {rule}
      <table class="candidates">
        <thead>
          <tr>
            <th>Server</th>
            <th>Weight</th>
            <th>Active</th>
            <th>Inactive</th>
            <th>Load</th>
          </tr>
        </thead>
        <tbody>
          {candidates.map(({ server, weight, active, inactive, load, skipped }) => (
            <tr key={server} class={server === chosen ? "parting" : ""}>
              <td>
                {server} {server === chosen && "chosen"} {skipped && <small>({skipped})</small>}
              </td>
              <td class="number">{weight}</td>
              <td class="number">{active}</td>
              <td class="number">{inactive}</td>
              <td class="number">{load}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
