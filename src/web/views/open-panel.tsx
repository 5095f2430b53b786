import { useState } from "preact/hooks";
import { readChosen } from "../dropped-files.ts";
import { EXAMPLES, type Example } from "../examples.ts";
import type { DroppedFile } from "../session/inputs.ts";
import type { OpenOptions } from "../session/shown.ts";

interface Props {
  readonly onFiles: (files: readonly DroppedFile[], options: OpenOptions) => unknown;
  readonly onExample: (example: Example) => void;
}

/** Whether a node is taken that has something which is not emulated. */
export function LeaveOut({ checked, onChange }: { checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} /> leave out
      what is not emulated, and list it
    </label>
  );
}

/** Where a capture and a node are opened. */
export function OpenPanel({ onFiles, onExample }: Props) {
  const [mode, setMode] = useState<"iptables" | "ipvs">("iptables");
  const [leaveOut, setLeaveOut] = useState(false);
  const chosen = async (event: Event) => {
    const { files } = event.currentTarget as HTMLInputElement;
    if (files && files.length > 0) onFiles(await readChosen(files), { mode, leaveOut });
  };
  return (
    <div class="open">
      <section class="drop">
        <h2>Open a capture and a node</h2>
        <p>
          Drop a capture (pcap, pcapng, gzip) together with the node's state: the folder that{" "}
          <code>hookwalk collect</code> fills, a tar of it, or Kubernetes Services and EndpointSlices as YAML.
          Everything runs in this browser; nothing is uploaded.
        </p>
        <p class="choices">
          <label class="button">
            Choose files
            <input type="file" multiple onChange={chosen} class="hidden-input" />
          </label>
          <label class="button">
            Choose a folder
            <input type="file" multiple onChange={chosen} class="hidden-input" {...{ webkitdirectory: true }} />
          </label>
          <label>
            kube-proxy mode for YAML{" "}
            <select value={mode} onChange={(event) => setMode(event.currentTarget.value as "iptables" | "ipvs")}>
              <option value="iptables">iptables</option>
              <option value="ipvs">IPVS</option>
            </select>
          </label>
          <LeaveOut checked={leaveOut} onChange={setLeaveOut} />
        </p>
      </section>
      <section>
        <h2>Or look at an example</h2>
        <ul class="examples">
          {EXAMPLES.map((example) => (
            <li>
              <button type="button" onClick={() => onExample(example)}>
                <strong>{example.title}</strong>
                <span>{example.about}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
