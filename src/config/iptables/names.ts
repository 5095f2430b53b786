/**
 * Names that iptables looks up in the system's files; those of Debian 12's netbase, compactly: `number=name,name`.
 */
const PROTOCOL_FILE = `
0=ip 0=hopopt 1=icmp 2=igmp 3=ggp 4=ipencap 5=st 6=tcp 8=egp 9=igp 12=pup 17=udp 20=hmp 22=xns-idp 27=rdp 29=iso-tp4
33=dccp 36=xtp 37=ddp 38=idpr-cmtp 41=ipv6 43=ipv6-route 44=ipv6-frag 45=idrp 46=rsvp 47=gre 50=esp 51=ah 57=skip
58=ipv6-icmp 59=ipv6-nonxt 60=ipv6-opts 73=rspf 81=vmtp 88=eigrp 89=ospf 93=ax.25 94=ipip 97=etherip 98=encap
103=pim 108=ipcomp 112=vrrp 115=l2tp 124=isis 132=sctp 133=fc 135=mobility-header 136=udplite 137=mpls-in-ip
138=manet 139=hip 140=shim6 141=wesp 142=rohc 143=ethernet 262=mptcp
`;

/** Names that libxtables knows by itself (xtables_chain_protos), in its order; they win over the file. */
const PROTOCOL_TOOL =
  "6=tcp 132=sctp 17=udp 136=udplite 1=icmp 58=icmpv6 58=ipv6-icmp 50=esp 51=ah 135=ipv6-mh 135=mh 0=all";

/** `/t` stands behind a port that only TCP has under that name, `/u` UDP, `/s` SCTP; without it both TCP and UDP do. */
const SERVICE_FILE = `
1/t=tcpmux 7=echo 9=discard,sink,null 11/t=systat,users 13=daytime 15/t=netstat 17/t=qotd,quote
19=chargen,ttytst,source 20/t=ftp-data 21/t=ftp 21/u=fsp,fspd 22/t=ssh 23/t=telnet 25/t=smtp,mail 37=time,timserver
43/t=whois,nicname 49=tacacs 53=domain 67/u=bootps 68/u=bootpc 69/u=tftp 70/t=gopher 79/t=finger 80/t=http,www
88=kerberos,kerberos5,krb5,kerberos-sec 102/t=iso-tsap,tsap 104/t=acr-nema,dicom 106/t=poppassd 110/t=pop3,pop-3
111=sunrpc,portmapper 113/t=auth,authentication,tap,ident 119/t=nntp,readnews,untp 123/u=ntp 135/t=epmap,loc-srv
137/u=netbios-ns 138/u=netbios-dgm 139/t=netbios-ssn 143/t=imap2,imap 161=snmp 162=snmp-trap,snmptrap 163=cmip-man
164=cmip-agent 174/t=mailq 177/u=xdmcp 179/t=bgp 199/t=smux 209/t=qmtp 210/t=z3950,wais 213/u=ipx 319/u=ptp-event
320/u=ptp-general 345/t=pawserv 346/t=zserv 369=rpc2portmap 370=codaauth2 371/u=clearcase,Clearcase 389=ldap
427=svrloc 443=https 444/t=snpp 445/t=microsoft-ds 464=kpasswd 465/t=submissions,ssmtp,smtps,urd 487/t=saft
500/u=isakmp 512/t=exec 512/u=biff,comsat 513/t=login 513/u=who,whod 514/t=shell,cmd 514=syslog
515/t=printer,spooler 517/u=talk 518/u=ntalk 520/u=route,router,routed 538=gdomap 540/t=uucp,uucpd 543/t=klogin
544/t=kshell,krcmd 546/u=dhcpv6-client 547/u=dhcpv6-server 548/t=afpovertcp 554=rtsp 563/t=nntps,snntp
587/t=submission 607/t=nqs 623/u=asf-rmcp 628/t=qmqp 631/t=ipp 636=ldaps 646=ldp 655=tinc 706/t=silc
749/t=kerberos-adm 750=kerberos4,kerberos-iv,kdc 751=kerberos-master 751/u=kerberos_master
752/u=passwd-server,passwd_server 754/t=krb-prop,krb_prop,krb5_prop,hprop 775/t=moira-db,moira_db
777/t=moira-update,moira_update 779/u=moira-ureg,moira_ureg 783/t=spamd 853=domain-s 871/t=supfilesrv 873/t=rsync
989/t=ftps-data 990/t=ftps 992/t=telnets 993/t=imaps 995/t=pop3s 1080/t=socks 1093/t=proofd 1094/t=rootd
1099/t=rmiregistry 1127/t=supfiledbg 1178/t=skkserv 1194=openvpn 1210/u=predict 1236/t=rmtcfg 1313/t=xtel
1314/t=xtelw 1352/t=lotusnote,lotusnotes 1433/t=ms-sql-s 1434/u=ms-sql-m 1524/t=ingreslock
1645=datametrics,old-radius 1646=sa-msg-port,old-radacct 1649/t=kermit 1677/t=groupwise 1701/u=l2f,l2tp 1812=radius
1813=radius-acct,radacct 2000/t=cisco-sccp 2049=nfs 2086=gnunet 2101=rtcm-sc104 2102/u=zephyr-srv 2103/u=zephyr-clt
2104/u=zephyr-hm 2119/t=gsigatekeeper 2121/t=iprop 2135/t=gris 2401/t=cvspserver 2430=venus 2431=venus-se
2432=codasrv 2433=codasrv-se 2583=mon 2600/t=zebrasrv 2601/t=zebra 2602/t=ripd 2603/t=ripngd 2604/t=ospfd
2605/t=bgpd 2606/t=ospf6d 2607/t=ospfapi 2608/t=isisd 2628/t=dict 2792/t=f5-globalsite 2811/t=gsiftp 2947/t=gpsd
3050/t=gds-db,gds_db 3130/u=icpv2,icp 3205=isns 3260/t=iscsi-target 3306/t=mysql 3389/t=ms-wbt-server 3493=nut
3632/t=distcc 3689/t=daap 3690/t=svn,subversion 4031/t=suucp 4094/t=sysrqd 4190/t=sieve 4353/t=f5-iquery 4369/t=epmd
4373/t=remctl 4460/t=ntske 4500/u=ipsec-nat-t 4557/t=fax 4559/t=hylafax 4569/u=iax 4691/t=mtn 4899/t=radmin-port
4949/t=munin,lrrd 5060=sip 5061=sip-tls 5222/t=xmpp-client,jabber-client 5269/t=xmpp-server,jabber-server
5308/t=cfengine 5353/u=mdns 5432/t=postgresql,postgres 5555/u=rplay 5556/t=freeciv,rptp 5666/t=nrpe 5667/t=nsca
5671/t=amqps 5672/st=amqp 5680/t=canna 6000/t=x11,x11-0 6001/t=x11-1 6002/t=x11-2 6003/t=x11-3 6004/t=x11-4
6005/t=x11-5 6006/t=x11-6 6007/t=x11-7 6346=gnutella-svc 6347=gnutella-rtr 6379/t=redis
6444/t=sge-qmaster,sge_qmaster 6445/t=sge-execd,sge_execd 6446/t=mysql-proxy 6514/t=syslog-tls
6566/t=sane-port,sane,saned 6667/t=ircd 6696/u=babel 6697/t=ircs-u 7000/t=bbs 7000/u=afs3-fileserver
7001/u=afs3-callback 7002/u=afs3-prserver 7003/u=afs3-vlserver 7004/u=afs3-kaserver 7005/u=afs3-volser
7007/u=afs3-bos 7008/u=afs3-update 7009/u=afs3-rmtsys 7100/t=font-service,xfs 8021/t=zope-ftp
8080/t=http-alt,webcache 8081/t=tproxy 8088/t=omniorb 8140/t=puppet 8990/t=clc-build-daemon 9098/t=xinetd
9101/t=bacula-dir 9102/t=bacula-fd 9103/t=bacula-sd 9418/t=git 9667/t=xmms2 9673/t=zope 10000/t=webmin
10050/t=zabbix-agent 10051/t=zabbix-trapper 10080/t=amanda 10081/t=kamanda 10082/t=amandaidx 10083/t=amidxtape
10809/t=nbd 11112/t=dicom 11371/t=hkp 17001/u=sgi-cmsd 17002/u=sgi-crsd 17003/u=sgi-gcd 17004/t=sgi-cad
17500/t=db-lsp 22125/t=dcap 22128/t=gsidcap 22273/t=wnn6 24554/t=binkp 27374=asp 30865/t=csync2 57000/t=dircproxy
60177/t=tfido 60179/t=fido
`;

/** Protocol numbers by lower-case name. */
export const PROTOCOLS: ReadonlyMap<string, number> = namesIn(`${PROTOCOL_FILE} ${PROTOCOL_TOOL}`);

type Services = ReadonlyMap<string, readonly { readonly port: number; readonly letters: string }[]>;

/** Port numbers by service name, for every protocol that has the service. Made when the first name is asked for, which few do. */
let services: Services | undefined;

function allServices(): Services {
  services ??= servicesIn(SERVICE_FILE);
  return services;
}

/** Names by protocol number, as iptables-save prints them. */
export const PROTOCOL_NAMES: ReadonlyMap<number, string> = firstNames();

const LETTERS: Readonly<Record<number, string>> = { 6: "t", 17: "u", 132: "s", 33: "d" };

/** The port of a service under a protocol; under any when that has no ports of its own. */
export function servicePort(name: string, protocol = 0): number | undefined {
  const letter = LETTERS[protocol];
  const places = allServices().get(name);
  return (letter === undefined ? places?.[0] : places?.find(({ letters }) => letters.includes(letter)))?.port;
}

/** The first service of a port under a protocol, as getservbyport() finds it. */
export function serviceName(port: number, protocol: number): string | undefined {
  const letter = LETTERS[protocol] ?? "";
  for (const [name, places] of allServices()) {
    if (places.some((place) => place.port === port && place.letters.includes(letter))) return name;
  }
  return undefined;
}

function servicesIn(text: string): Services {
  const services = new Map<string, { port: number; letters: string }[]>();
  for (const entry of text.trim().split(/\s+/)) {
    const [, port, letters = "tu", names] = /^([0-9]+)(?:\/([a-z]+))?=(.+)$/.exec(entry)!;
    for (const name of names!.split(",")) {
      services.set(name, [...(services.get(name) ?? []), { port: Number(port), letters }]);
    }
  }
  return services;
}

function* entries(text: string): Generator<[number: number, names: readonly string[]]> {
  for (const entry of text.split(/\s+/)) {
    const equals = entry.indexOf("=");
    if (equals > 0) yield [Number(entry.slice(0, equals)), entry.slice(equals + 1).split(",")];
  }
}

function namesIn(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [number, names] of entries(text)) for (const name of names) numbers.set(name, number);
  return numbers;
}

/** ipv6-icmp and mobility-header come from the file; the tool's own names stand for the rest of its list. */
function firstNames(): Map<number, string> {
  const names = new Map<number, string>();
  for (const [number, all] of entries(PROTOCOL_FILE)) if (!names.has(number)) names.set(number, all[0]!);
  return names;
}
