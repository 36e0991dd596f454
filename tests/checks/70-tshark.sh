# The second opinion: tshark dissects every golden with checksum validation on. A malformed packet, a bad checksum or a note of level error must have been
# declared by the scenario (`expert FRAME FIELD`), and what is declared must be there.
command -v tshark >/dev/null || { echo "tshark: skipped, not installed"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
mkdir -p build/tshark
rm -f build/tshark/*.bad

cat >build/tshark/notes.awk <<'AWK'
# PDML of the frames in question -> "FRAME FIELD" lines: the abbreviation of each error-level expert note, and _ws.malformed.
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
name == "_ws.expert.severity" { if (attribute($0, "show") + 0 >= 8388608) print frame, field; inside = 0 }
AWK

cat >build/tshark/one.sh <<'SH'
# one.sh GOLDEN: compares tshark's notes with the scenario's declarations.
golden=$1
stem=${golden#golden-pcaps/}; stem=${stem%.pcap}
script=scenarios/${stem%%@*}.pkt
link=$(echo "$stem" | sed -n 's/.*@link=//p')
found=$(tshark -r "$golden" -n -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE \
    -Y '_ws.malformed || _ws.expert.severity == 8388608 || ip.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || tcp.checksum.status == 0' \
    -T pdml 2>build/tshark/err.$$ | awk -f build/tshark/notes.awk | sort -u)
grep -vE '^Running as user' build/tshark/err.$$ && echo "$golden: tshark complains"
rm -f build/tshark/err.$$
declared=$(awk -v link="$link" '$1 == "expert" && ($4 != "on" || $5 == link || link == "") { print $2, $3 }' "$script" 2>/dev/null | sed 's/\.expert$//' | sort -u)
[ "$found" = "$declared" ] && exit 0
{
    echo "$golden:"
    echo "$found" | grep -vxF "$declared" | sed '/^$/d; s/^/  not declared: /'
    echo "$declared" | grep -vxF "$found" | sed '/^$/d; s/^/  declared, but not there: /'
} >"build/tshark/$(echo "$stem" | tr / _).bad"
SH
total=$(find golden-pcaps -name '*.pcap' | wc -l)
find golden-pcaps -name '*.pcap' | sort | xargs -P 2 -n 1 sh build/tshark/one.sh
cat build/tshark/*.bad 2>/dev/null
failed=$(ls build/tshark/*.bad 2>/dev/null | wc -l)
# A golden that no case writes is a lie about what was tested.
for golden in $(find golden-pcaps -name '*.pcap' -o -name '*.fingerprint' | sort); do
    stem=${golden#golden-pcaps/}; stem=${stem%.*}
    [ -f "scenarios/${stem%%@*}.pkt" ] || { echo "$golden: no scenario of that name"; failed=$((failed + 1)); }
done
echo "$((total - failed)) passed, $failed failed, 0 skipped"
