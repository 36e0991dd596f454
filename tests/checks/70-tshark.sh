# The second opinion: tshark dissects every golden with checksum validation on. A malformed packet, a bad checksum or a note of level error must have been
# declared by the scenario (`expert FRAME FIELD`), and what is declared must be there.
#
# Starting tshark costs more than reading a golden, so goldens that declare nothing are read together, a hundred at a time; those in which such a reading
# finds anything at all, or fragments (whose reassembly could reach from one golden into the next), are read alone. Behind each hundred stands a frame that must be
# objected to: silence counts only of one who speaks. What TCP carries is octets, and nobody's protocol, but in two folders that are read alone.
. tests/checks/count.sh
rm -rf build/tshark
mkdir -p build/tshark
# A capture of one frame, an ARP packet of one octet.
printf '\115\074\262\241\002\0\004\0\0\0\0\0\0\0\0\0\377\377\0\0\001\0\0\0\0\0\0\0\0\0\0\0\017\0\0\0\017\0\0\0\377\377\377\377\377\377\122\125\012\0\002\002\010\006\0' >build/tshark/planted.pcap

cat >build/tshark/notes.awk <<'AWK'
# PDML of the frames in question -> "FRAME FIELD" lines: the abbreviation of each error-level expert note and bad checksum, and _ws.malformed.
function attribute(line, name,    text) {
    if (!match(line, " " name "=\"[^\"]*\"")) return ""
    text = substr(line, RSTART + length(name) + 3)
    return substr(text, 1, index(text, "\"") - 1)
}
{ name = attribute($0, "name") }
name == "frame.number" { frame = attribute($0, "show") }
/<proto / && name == "_ws.malformed" { print frame, "_ws.malformed" }
inside && name !~ /^_ws\./ { field = name; sub(/\.expert$/, "", field) }
name == "_ws.expert" { inside = 1; field = "_ws.malformed" }
name == "_ws.expert.severity" { severity = attribute($0, "show") + 0 }
name == "_ws.expert.group" { if (severity >= 8388608 || attribute($0, "show") + 0 == 16777216) print frame, field; inside = 0 } # of ICMP a bad sum is a warning
AWK

cat >build/tshark/read.sh <<'SH'
# read.sh FILTER-SUFFIX TSHARK-OUTPUT-OPTIONS... -- FILE: the frames that the second opinion objects to
suffix=$1 file=$2; shift 2
tshark -r "$file" -n -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE \
    -Y "_ws.malformed || _ws.expert.severity == 8388608 || ip.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || tcp.checksum.status == 0 $suffix" \
    "$@" 2>"$file.err.$$" || echo "tshark: exit $? on $file"
grep -vE '^Running as user' "$file.err.$$" | sed 's/^/tshark: /'
rm -f "$file.err.$$"
SH

cat >build/tshark/one.sh <<'SH'
# one.sh GOLDEN: compares tshark's notes with the scenario's declarations.
golden=$1
stem=${golden#golden-pcaps/}; stem=${stem%.pcap}
copy=build/tshark/$(echo "$stem" | tr / _).pcap
cp "$golden" "$copy"
script=scenarios/${stem%%@*}.pkt
link=$(echo "$stem" | sed -n 's/.*@link=//p')
pdml=${copy%.pcap}.pdml
case $stem in http/* | boot/*) as_data= ;; *) as_data='-d tcp.port==1-65535,data' ;; esac
sh build/tshark/read.sh "" "$copy" $as_data -T pdml >"$pdml"
found=$({ awk -f build/tshark/notes.awk "$pdml"; grep '^tshark: ' "$pdml"; grep -q '^</pdml>' "$pdml" || echo "tshark: no end of its output"; } | sort -u)
declared=$(awk -v link="$link" '$1 == "expert" && ($4 != "on" || $5 == link || link == "") { print $2, $3 }' "$script" 2>/dev/null | sed 's/\.expert$//' | sort -u)
rm -f "$copy" "$pdml"
[ "$found" = "$declared" ] && exit 0
{
    echo "$golden:"
    echo "$found" | grep -vxF "$declared" | sed '/^$/d; s/^/  not declared: /'
    echo "$declared" | grep -vxF "$found" | sed '/^$/d; s/^/  declared, but not there: /'
} >"build/tshark/$(echo "$stem" | tr / _).bad"
SH

cat >build/tshark/group.sh <<'SH'
# group.sh GOLDEN...: all at once, then alone those in which anything shows.
merged=build/tshark/group.$$.pcap
set -- "$@" build/tshark/planted.pcap
mergecap -a -F nsecpcap -w "$merged" "$@" && capinfos -T -r -c "$@" >"$merged.counts" || { echo "tshark: could not merge $1 and others" >"$merged.bad"; exit 0; }
sh build/tshark/read.sh '|| ip.flags.mf == 1 || ip.frag_offset > 0' "$merged" -d tcp.port==1-65535,data -T fields -e frame.number >"$merged.frames"
if ! awk -F '\t' 'FNR == NR { last[++goldens] = total += $2; name[goldens] = $1; next }
    $1 !~ /^[0-9]+$/ { exit 1 }
    { while ($1 > last[at + 1]) at++; if (told != at + 1) print name[told = at + 1] }' "$merged.counts" "$merged.frames" >"$merged.alone"; then
    capinfos -T -r -c "$@" | cut -f 1 >"$merged.alone"
elif ! grep -qxF build/tshark/planted.pcap "$merged.alone"; then
    echo "tshark does not find what is planted behind $1 and others" >"$merged.bad"
fi
grep -vxF build/tshark/planted.pcap "$merged.alone" >"$merged.goldens"
for golden in $(cat "$merged.goldens"); do sh build/tshark/one.sh "$golden"; done
rm -f "$merged"
SH

find golden-pcaps -name '*.pcap' | sort >build/tshark/all
while read -r golden; do
    stem=${golden#golden-pcaps/}; stem=${stem%.pcap}
    case $stem in http/* | boot/*) echo "$golden" >>build/tshark/alone; continue ;; esac
    if grep -q '^expert' "scenarios/${stem%%@*}.pkt" 2>/dev/null; then echo "$golden" >>build/tshark/alone; else echo "$golden" >>build/tshark/together; fi
done <build/tshark/all
touch build/tshark/alone build/tshark/together
xargs -P 2 -n 100 sh build/tshark/group.sh <build/tshark/together
xargs -P 2 -n 1 sh build/tshark/one.sh <build/tshark/alone
for told in build/tshark/*.bad; do
    [ ! -f "$told" ] || bad "$(cat "$told")"
done
passed=$(($(wc -l <build/tshark/all) - failed))
# A golden that no case writes is a lie about what was tested.
for golden in $(find golden-pcaps -type f | sort); do
    stem=${golden#golden-pcaps/}; stem=${stem%.*}
    [ -f "scenarios/${stem%%@*}.pkt" ] || bad "$golden: no scenario of that name"
done
finish
