import { SetCommandError } from "../compile/ipset-error.ts";
import { IpvsCommandError } from "../compile/ipvs.ts";
import type { LoadedNode } from "../compile/node.ts";
import { parseCommand } from "../config/command.ts";
import { ConfigError } from "../config/error.ts";
import { IpRefusal } from "../config/ip/refusal.ts";
import { TableEditor } from "../config/iptables/table-editor.ts";
import type { SourcePosition } from "../model/address.ts";
import type { Command, IpCommand, IpsetCommand, IptablesCommand, IpvsCommand } from "../model/command.ts";
import type { Warning } from "../model/node.ts";

/** Runs command lines on a loaded node, as a shell on it would: iptables, ip6tables, ipset, ipvsadm, ip, conntrack, sysctl. */
export class NodeCommands {
  readonly #loaded: LoadedNode;
  readonly #onWarning: (warning: Warning) => void;

  /** @param onWarning told of what a command begins and is not emulated. */
  constructor(loaded: LoadedNode, onWarning: (warning: Warning) => void) {
    this.#loaded = loaded;
    this.#onWarning = onWarning;
  }

  /**
   * @param at where the command stands, for errors.
   * @throws ConfigError when the tool or the kernel would refuse it.
   */
  run(text: string, at: SourcePosition): void {
    const command = parseCommand(text, at.file, at.line, {
      findSet: (name) => this.#loaded.sets.find(name),
      labels: this.#loaded.labels,
    });
    if (command) this.#apply(command, at);
    this.#loaded.rulesChanged();
  }

  #apply(command: Command, at: SourcePosition): void {
    switch (command.tool) {
      case "iptables":
        this.#editTable(command, at);
        break;
      case "ipset":
        this.#editSets(command, at);
        break;
      case "ipvsadm":
        this.#editServices(command, at);
        break;
      case "conntrack":
        this.#loaded.applyConntrack(command.action);
        break;
      case "ip":
        this.#editNetwork(command, at);
        break;
      case "sysctl":
        this.#loaded.applySettings(command.settings);
        break;
    }
  }

  #editServices(command: IpvsCommand, at: SourcePosition): void {
    const { action } = command;
    if (action.verb === "start-daemon") {
      const does = action.daemon.role === "master" ? "its packets are not sent" : "no connection comes in by it";
      this.#onWarning({ code: "IPVS_SYNC", message: `IPVS' ${action.daemon.role} daemon runs, but ${does}`, at });
    }
    try {
      this.#loaded.services.apply(command);
    } catch (error) {
      if (!(error instanceof IpvsCommandError)) throw error;
      throw new ConfigError("ERR_VALUE", at, `ipvsadm: ${error.message}`);
    }
  }

  #editSets(command: IpsetCommand, at: SourcePosition): void {
    try {
      this.#loaded.sets.apply(command);
    } catch (error) {
      if (!(error instanceof SetCommandError)) throw error;
      throw new ConfigError("ERR_VALUE", at, `ipset: ${error.message}`);
    }
  }

  #editNetwork({ action }: IpCommand, at: SourcePosition): void {
    try {
      this.#loaded.applyNetwork(action);
    } catch (error) {
      if (!(error instanceof IpRefusal)) throw error;
      throw new ConfigError("ERR_VALUE", at, `ip: ${error.message}`);
    }
  }

  /**
   * A change of iptables replaces the whole table: rules that stay keep their counters, policies begin at zero again
   * (recorded with iptables 1.8.9 legacy on 6.1, for every kind of change).
   */
  #editTable({ family, table, action }: IptablesCommand, at: SourcePosition): void {
    const before = this.#loaded.rulesets.read(family)?.tables.find(({ name }) => name === table);
    const editor = new TableEditor(table, family, before);
    const complaint = editor.apply(action);
    if (complaint) throw new ConfigError("ERR_VALUE", at, `${family === 4 ? "iptables" : "ip6tables"}: ${complaint}`);
    const chains = editor.table.chains.map(({ counters, ...chain }) => chain);
    this.#loaded.rulesets.replaceTable(family, { ...editor.table, chains });
  }
}
