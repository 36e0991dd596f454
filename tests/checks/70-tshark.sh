# The second opinion: tshark dissects every golden with checksum validation on. A malformed packet, a bad checksum or a note of level error must have been
# declared by the scenario (`expert FRAME FIELD`), and what is declared must be there.
#
# Starting tshark costs more than reading a golden, so they are read together, a hundred at a time. First those that declare nothing; those in which that finds
# anything at all, or fragments, and those that declare something, once more, in groups whose fragments have no identification in common (a reassembly could
# reach from one golden into the next), and by frame and field; where that is not what is declared, the golden is read alone, and that counts. Behind each group
# stands a frame that must be objected to: silence counts only of one who speaks. What TCP carries is octets, and nobody's protocol, but in two folders.
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

cat >build/tshark/names.sh <<'SH'
# What is known of a golden by its name; `. names.sh` behind golden=...
stem=${golden#golden-pcaps/}; stem=${stem%.pcap}
script=scenarios/${stem%%@*}.pkt
case $stem in http/* | boot/*) as_data= ;; *) as_data='-d tcp.port==1-65535,data' ;; esac
declared() {
    link=$(echo "$stem" | sed -n 's/.*@link=//p')
    awk -v link="$link" '$1 == "expert" && $3 != "any" && ($4 != "on" || $5 == link || link == "") { print $2, $3 }' "$script" 2>/dev/null | sed 's/\.expert$//' | sort -u
}
# Without the notes of frames of which any may be said: injected ones, which each case spoils in another way (`expert FRAME any`).
of_the_rest() {
    any=$(awk '$1 == "expert" && $3 == "any" { printf " %s ", $2 }' "$script" 2>/dev/null)
    awk -v any="$any" 'index(any, " " $1 " ") == 0' | sort -u
}
SH

cat >build/tshark/one.sh <<'SH'
# one.sh GOLDEN: compares tshark's notes with the scenario's declarations.
golden=$1
. build/tshark/names.sh
copy=build/tshark/$(echo "$stem" | tr / _).pcap
cp "$golden" "$copy"
pdml=${copy%.pcap}.pdml
sh build/tshark/read.sh "" "$copy" $as_data -T pdml >"$pdml"
found=$({ awk -f build/tshark/notes.awk "$pdml"; grep '^tshark: ' "$pdml"; grep -q '^</pdml>' "$pdml" || echo "tshark: no end of its output"; } | of_the_rest)
declared=$(declared)
rm -f "$copy" "$pdml"
[ "$found" = "$declared" ] && exit 0
{
    echo "$golden:"
    echo "$found" | grep -vxF "$declared" | sed '/^$/d; s/^/  not declared: /'
    echo "$declared" | grep -vxF "$found" | sed '/^$/d; s/^/  declared, but not there: /'
} >"build/tshark/$(echo "$stem" | tr / _).bad"
SH

cat >build/tshark/merge.sh <<'SH'
# merge.sh NAME GOLDEN...: NAME.pcap holds all, one behind the other, NAME.counts how many frames each has.
merged=$1; shift
mergecap -a -F nsecpcap -w "$merged.pcap" "$@" && capinfos -T -r -c "$@" >"$merged.counts" && exit 0
echo "tshark: could not merge $1 and others" >"$merged.bad"
exit 1
SH
cat >build/tshark/owner.awk <<'AWK'
# COUNTS, then lines "FRAME <tab> REST" in the order of frames: "GOLDEN <tab> its frame <tab> REST".
FNR == NR { last[++goldens] = total += $2; name[goldens] = $1; next }
$1 !~ /^[0-9]+$/ || $1 > total { exit 1 }
{ if ($1 < before) at = 0; before = $1; while ($1 > last[at + 1]) at++; print name[at + 1] "\t" $1 - last[at] "\t" $2 }
AWK

cat >build/tshark/group.sh <<'SH'
# group.sh GOLDEN...: all at once; those in which anything shows go to *.again.
merged=build/tshark/group.$$
set -- "$@" build/tshark/planted.pcap
sh build/tshark/merge.sh $merged "$@" || exit 0
sh build/tshark/read.sh '|| ip.flags.mf == 1 || ip.frag_offset > 0' "$merged.pcap" -d tcp.port==1-65535,data -T fields -e frame.number >"$merged.frames"
if ! awk -F '\t' -f build/tshark/owner.awk "$merged.counts" "$merged.frames" >"$merged.found"; then
    cut -f 1 "$merged.counts" >"$merged.found"
elif ! grep -q '^build/tshark/planted.pcap' "$merged.found"; then
    echo "tshark does not find what is planted behind $1 and others" >"$merged.bad"
fi
cut -f 1 "$merged.found" | grep -vxF build/tshark/planted.pcap | uniq >"$merged.again"
rm -f "$merged.pcap"
SH

cat >build/tshark/identifications.sh <<'SH'
# identifications.sh GOLDEN...: "GOLDEN <tab> ID[,ID...]" of each fragment in them, those that are quoted too.
merged=build/tshark/identifications.$$
sh build/tshark/merge.sh $merged "$@" || exit 0
tshark -r "$merged.pcap" -n -o ip.defragment:FALSE -Y 'ip.flags.mf == 1 || ip.frag_offset > 0' -T fields -e frame.number -e ip.id >"$merged.frames" 2>"$merged.err" ||
    echo "tshark: exit $? on the fragments of $1 and others" >"$merged.bad"
awk -F '\t' -f build/tshark/owner.awk "$merged.counts" "$merged.frames" | cut -f 1,3
rm -f "$merged.pcap"
SH

cat >build/tshark/groups.awk <<'AWK'
# The identifications, then goldens: "GROUP GOLDEN"; the goldens of a group have none in common.
FILENAME == ARGV[1] { ids[$1] = ids[$1] "," $2; next }
{
    n = split(substr(ids[$1], 2), id, ",")
    for (group = 1; group < 1000; group++) {
        free = size[group] < 100
        for (k = 1; k <= n && free; k++) free = !((group, id[k]) in taken)
        if (free) break
    }
    for (k = 1; k <= n; k++) taken[group, id[k]]
    size[group]++
    print group, $1
}
AWK

cat >build/tshark/apart.sh <<'SH'
# apart.sh NAME: the goldens of the file NAME at once, frame by frame; alone those that do not show what is declared.
merged=$1
set -- $(cat "$merged") build/tshark/planted.pcap
golden=$1
. build/tshark/names.sh
sh build/tshark/merge.sh $merged "$@" || exit 0
sh build/tshark/read.sh "" "$merged.pcap" $as_data -T pdml >"$merged.pdml"
awk -f build/tshark/notes.awk "$merged.pdml" | tr ' ' '\t' | awk -F '\t' -f build/tshark/owner.awk "$merged.counts" - | sort -u >"$merged.found" || : >"$merged.found"
if grep -q '^tshark: ' "$merged.pdml" || ! grep -q '^</pdml>' "$merged.pdml" || ! grep -q '^build/tshark/planted.pcap' "$merged.found"; then
    : >"$merged.found"
    all=yes
fi
for golden in $(cat "$merged"); do
    . build/tshark/names.sh
    found=$(awk -F '\t' -v golden="$golden" '$1 == golden { print $2, $3 }' "$merged.found" | of_the_rest)
    [ -z "${all:-}" ] && [ "$found" = "$(declared)" ] || sh build/tshark/one.sh "$golden"
done
rm -f "$merged.pcap" "$merged.pdml"
SH

find golden-pcaps -name '*.pcap' | sort >build/tshark/all
while read -r golden; do
    . build/tshark/names.sh
    if [ -z "$as_data" ]; then echo "$golden" >>build/tshark/spoken.again
    elif grep -q '^expert' "$script" 2>/dev/null; then echo "$golden" >>build/tshark/declared.again
    else echo "$golden" >>build/tshark/together
    fi
done <build/tshark/all
touch build/tshark/together build/tshark/spoken.again build/tshark/declared.again
xargs -r -P 2 -n 100 sh build/tshark/group.sh <build/tshark/together
find build/tshark -name '*.again' -exec cat {} + | sort -u | xargs -r -n 100 sh build/tshark/identifications.sh >build/tshark/identifications
# What is spoken on TCP is read otherwise, and so in groups of its own.
for kind in spoken data; do
    if [ $kind = spoken ]; then cat build/tshark/spoken.again; else find build/tshark -name '*.again' ! -name spoken.again -exec cat {} + | sort; fi |
        awk -f build/tshark/groups.awk build/tshark/identifications - |
        awk -v kind=$kind '{ print $2 >("build/tshark/" kind "." $1) }'
done
find build/tshark -name 'spoken.[0-9]*' -o -name 'data.[0-9]*' | sort | xargs -r -P 2 -n 1 sh build/tshark/apart.sh
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
