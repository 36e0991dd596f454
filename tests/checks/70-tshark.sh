# The second opinion: Wireshark dissects every golden with checksum validation on. A malformed packet, a bad checksum or a note of level error must have been
# declared by the scenario (`expert FRAME FIELD`), and what is declared must be there.
. tests/checks/count.sh
rm -rf build/tshark
mkdir -p build/tshark
find golden-pcaps -name '*.pcap' | sort >build/tshark/all
python3 tests/checks/tshark.py build/tshark $(cat build/tshark/all) >build/tshark/out 2>build/tshark/err
count build/tshark/out $?
sed '$d' build/tshark/out; cat build/tshark/err
# A golden without a capture is the print of its frames; it has a scenario as well.
for golden in $(find golden-pcaps -type f ! -name '*.pcap' | sort); do
    stem=${golden#golden-pcaps/}
    stem=${stem%.*}
    [ -f "scenarios/${stem%%@*}.pkt" ] || bad "$golden: no scenario of that name"
done
finish
