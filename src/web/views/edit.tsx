import { useState } from "preact/hooks";
import type { Changed, Opened } from "../session/shown.ts";
import { LeaveOut } from "./open-panel.tsx";

interface Props {
  readonly opened: Opened & { readonly changed?: Changed };
  readonly onEdit: (files: readonly (readonly [string, string])[], leaveOut: boolean) => Promise<void>;
  readonly onPacket: (number: number) => void;
}

/** Files that people change: rules, sets, servers and their weights, sysctls. */
const EDITABLE = /\.save$|^sysctl\.txt$/;

/** The node's files as text; a change runs the capture again and says which packets fare otherwise. */
export function EditView({ opened, onEdit, onPacket }: Props) {
  const files = opened.files.filter(([name]) => EDITABLE.test(name));
  const [name, setName] = useState(files[0]?.[0]);
  const [leaveOut, setLeaveOut] = useState(false);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const original = files.find(([each]) => each === name)?.[1] ?? "";
  const text = name === undefined ? "" : (texts[name] ?? original);
  const edited = Object.entries(texts).filter(([each, value]) => files.find(([file]) => file === each)?.[1] !== value);
  const { changed } = opened;
  return (
    <div class="edit">
      <div class="tabs" role="tablist" aria-label="Files">
        {files.map(([each]) => (
          <button type="button" role="tab" aria-selected={each === name} onClick={() => setName(each)}>
            {each}
            {edited.some(([file]) => file === each) ? " •" : ""}
          </button>
        ))}
      </div>
      <textarea
        aria-label={name}
        spellcheck={false}
        value={text}
        onInput={(event) => name !== undefined && setTexts({ ...texts, [name]: event.currentTarget.value })}
      />
      <p class="choices">
        <button
          type="button"
          class="primary"
          disabled={edited.length === 0}
          onClick={() => void onEdit(edited, leaveOut)}
        >
          Run again with these changes
        </button>
        <LeaveOut checked={leaveOut} onChange={setLeaveOut} />
        {changed && (
          <span role="status">
            {changed.count === 0
              ? "No packet fares otherwise."
              : `${changed.count.toLocaleString("en")} of ${opened.records.toLocaleString("en")} packets fare otherwise.`}{" "}
            {changed.first !== undefined && (
              <button type="button" onClick={() => onPacket(changed.first!)}>
                Show the first, packet {changed.first}
              </button>
            )}
          </span>
        )}
      </p>
    </div>
  );
}
