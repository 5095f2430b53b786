/**
 * What `hookwalk collect` prints: a POSIX shell script that saves a live node's state in the form that hookwalk loads.
 * It only reads; it needs root, and whatever of the tools the node has. A tool that is missing leaves its file out.
 */
export const COLLECT_SCRIPT = `#!/bin/sh
# Saves the packet-handling state of this Linux node (addresses, routes, neighbours, iptables, ipset, IPVS, conntrack,
# sysctls) for hookwalk. Reads only. Usage: sh collect.sh [DIRECTORY]     (as root; default: ./node-HOSTNAME)
set -u
LC_ALL=C; export LC_ALL
out=\${1:-node-$(hostname 2>/dev/null || echo unknown)}
mkdir -p "$out" || exit 1
missing=

# save FILE COMMAND...: the command's output becomes the file; no file where the command is missing or fails.
save() {
  file=$1; shift
  if ! command -v "$1" >/dev/null 2>&1; then missing="$missing $1"; return 0; fi
  if "$@" >"$out/$file.part" 2>"$out/.errors"; then
    mv "$out/$file.part" "$out/$file"
  else
    rm -f "$out/$file.part"
    echo "collect: $* failed: $(head -n 1 "$out/.errors")" >&2
  fi
  rm -f "$out/.errors"
}

# both FILE COMMAND...: the command once for IPv4 and once for IPv6 ("ip -4 ...", "ip -6 ..."), one JSON text after the other.
both() {
  file=$1; shift
  if ! command -v ip >/dev/null 2>&1; then missing="$missing ip"; return 0; fi
  { ip -4 "$@" && ip -6 "$@"; } >"$out/$file" 2>/dev/null || echo "collect: ip $* failed" >&2
}

save addr.json ip -d -j addr
both route.json -j route show table all
both rule.json -j rule
save neigh.json ip -j neigh
save fdb.json bridge -j fdb show
save mdb.json bridge -d -s -j mdb
[ -d /proc/net/bonding ] && cat /proc/net/bonding/* >"$out/bonding.txt"

# Both backends may hold rules at the same time, and both would run.
save iptables-legacy.save iptables-legacy-save -c
save ip6tables-legacy.save ip6tables-legacy-save -c
save iptables-nft.save iptables-nft-save -c
save ip6tables-nft.save ip6tables-nft-save -c
if [ ! -f "$out/iptables-legacy.save" ] && [ ! -f "$out/iptables-nft.save" ]; then
  save iptables.save iptables-save -c
  save ip6tables.save ip6tables-save -c
fi
save nft.ruleset nft list ruleset
save ipset.save ipset save
command -v nfacct >/dev/null 2>&1 && save nfacct.txt nfacct list

if [ -r /proc/net/ip_vs ]; then
  save ipvsadm.save ipvsadm-save -n
  cat /proc/net/ip_vs >"$out/ip_vs.txt"
fi
if command -v conntrack >/dev/null 2>&1; then
  save conntrack.txt conntrack -L -o extended,labels
  save expect.txt conntrack -L expect
elif [ -r /proc/net/nf_conntrack ]; then
  cat /proc/net/nf_conntrack >"$out/nf_conntrack.txt"
fi
[ -r /etc/xtables/connlabel.conf ] && cp /etc/xtables/connlabel.conf "$out/connlabel.conf"
for module in nf_log_syslog nf_conntrack_ftp nf_conntrack_tftp nf_nat_ftp nf_nat_tftp; do
  [ -d "/sys/module/$module" ] && echo "$module"
done >"$out/modules.txt"
[ -r /sys/module/nf_conntrack_ftp/parameters/loose ] &&
  echo "options nf_conntrack_ftp loose=$(cat /sys/module/nf_conntrack_ftp/parameters/loose)" >>"$out/modules.txt"
save sysctl.txt sysctl -a

uname -r >"$out/kernel.txt"
for config in "/boot/config-$(uname -r)" /proc/config.gz; do
  [ -r "$config" ] || continue
  case $config in
    *.gz) zcat "$config" ;;
    *) cat "$config" ;;
  esac 2>/dev/null | sed -n 's/^CONFIG_HZ=/HZ=/p' >>"$out/kernel.txt"
  break
done

[ -z "$missing" ] || echo "collect: not on this node:$missing" >&2
echo "$out"
`;
