# Our reader of captures and tshark have the same frames, times, lengths and octets: of variants of both formats that no tool writes (orders, units,
# resolutions, sections, blocks, cut files), of what editcap, mergecap and text2pcap make of goldens, and of every capture of the folders that CAPTURES names.
made=build/captures
rm -rf $made; mkdir -p $made
clang -std=c11 -I. -D_GNU_SOURCE -g -fsanitize=address,undefined -fno-sanitize-recover=all -o $made/reader tests/checks/capture_frames.c build/asan/libsim.a || exit 1
python3 tests/checks/captures.py make $made
one=golden-pcaps/arp/entry-expires.pcap two=$(ls golden-pcaps/dhcp/*.pcap | head -1)
for format in pcap nsecpcap pcapng; do
    editcap -F $format $one $made/editcap-$format.pcap
    editcap -F $format -s 30 $two $made/editcap-snap-$format.pcap
    editcap -F $format -t 2500000000.5 $one $made/editcap-late-$format.pcap
    mergecap -F $format -w $made/merged-$format.pcap $one $two
    mergecap -a -F $format -w $made/appended-$format.pcap $one $two
done 2>$made/tools.err
cat $made/*pcapng.pcap >$made/sections.pcap # pcapng files, one after the other, are one
tshark -r $one -x 2>/dev/null | text2pcap -q - $made/text.pcap >/dev/null 2>>$made/tools.err
tshark -r $one -x 2>/dev/null | text2pcap -q -l 101 - $made/text-raw.pcap >/dev/null 2>>$made/tools.err
find $made ${CAPTURES:-} -name '*.pcap' -o -name '*.pcapng' | sort >$made/files
[ "$(wc -l <$made/files)" -ge 90 ] || { cat $made/tools.err; echo "$(wc -l <$made/files) captures were made, 90 at least are due"; exit 1; }
split -n l/2 $made/files $made/part.
for part in $made/part.aa $made/part.ab; do
    xargs python3 tests/checks/captures.py compare $made/reader <$part >$part.out 2>&1 &
done
wait
grep -vhE '^[0-9]+ passed, ' $made/part.*.out
awk '/^[0-9]+ passed, / { p += $1; f += $3; n++ } END { if (n != 2) f++; print p + 0 " passed, " f + 0 " failed, 0 skipped" }' $made/part.*.out
