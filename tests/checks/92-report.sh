# The HTML page of a run: what it says, that nothing of a script or a packet becomes markup, that it asks nobody for anything, and how it looks to a browser.
. tests/checks/count.sh
wiredrill=build/release/wiredrill
work=build/report
rm -rf $work; mkdir -p $work/hostile
cat >"$work/hostile/x<img src=q onerror=alert(1)>&\"'.pkt" <<'END'
// A <script>document.title="owned"</script> & 'quoted' "name" is text.
covers RFC1122-3.2.2.6-1
param  k = 1, 2
sut    eth0 ip 10.0.2.15/24
host   raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2
0      neighbour("eth0", 10.0.2.2, 52:55:0a:00:02:02) = 0
+0     link lan lose frame 1
+0     < icmp echo-request id 7 seq 1 data "<b>lost</b>"
+1ms   < icmp echo-request id 7 seq 2 data "</script><b>bold"
+0     > ip ttl 63 icmp echo-reply id 7 seq 2 data "</script><b>bold"
END
page=$work/page.html
$wiredrill report --nic e1000 -o $page $work/hostile >$work/out 2>&1
[ $? -eq 1 ] && grep -qF '0 passed, 2 failed, 0 skipped' $work/out
verdict $? "a page of a run that fails is written, and the status says so"
! grep -qE '<img|<b>bold|<b>lost|<script>document.title' $page
verdict $? "names and octets stay text"
! sed 's/<style>.*<\/style>//' $page | grep -qE '(src|href)="(https?:)?//|@import|url\('
verdict $? "the page asks nobody for anything"
grep -qF '<mark>3f</mark>' $page && grep -qF '<mark>40</mark>' $page
verdict $? "the field that differs is marked in both packets' octets"
grep -qF 'class="lit"><i> 10</i>' $page
verdict $? "the line to blame is lit"
grep -qF 'class="frame fault"' $page && grep -qF 'class="cross"' $page
verdict $? "a frame that was lost ends at the link"
# Every requirement's state; plots of what TCP carries.
$wiredrill report --all --nic e1000 -o $work/all.html scenarios/tcp/cwnd-timeout-one_segment.pkt >$work/out 2>&1
[ $? -eq 0 ] && grep -qF 'class="plot"' $work/all.html && grep -q 'class="cell passed" title="RFC5681' $work/all.html
verdict $? "a case that passed is drawn with --all, with its sequence numbers"
$wiredrill report --all --nic e1000 -o $work/many.html scenarios/tcp scenarios/dhcp >$work/out 2>&1
[ $? -eq 0 ] && [ "$(wc -c <$work/many.html)" -le 10485760 ] && grep -qF 'are not drawn' $work/many.html
verdict $? "a page has at most 10 MB, and says what it leaves out"
$wiredrill report --nic e1000 -o $work/none/page.html scenarios/boot >$work/out 2>&1
[ $? -eq 2 ] && grep -qF 'cannot be written' $work/out
verdict $? "a page that cannot be written is an error"
# Of a run that was written down: its cases with its options, drawn again; what changed since is told.
mkdir -p $work/run
printf '%s\n' '// A request is answered.' 'param n = 1, 2' 'sut eth0 ip 10.0.2.15/24' 'host raw peer ip 10.0.2.2' \
    '0 < arp request who-has 10.0.2.15 tell 10.0.2.2' '+0 > arp reply 10.0.2.15 is-at eth0' '+0 assert $n != BAD' >$work/run/a.pkt
cp scenarios/arp/request-each_sender.pkt $work/run/b.pkt
$wiredrill run --quiet --nic rtl8139 -D BAD=2 --json=$work/run.json $work/run >$work/out 2>&1
[ $? -eq 1 ] && $wiredrill report -o $work/run.html $work/run.json >$work/out 2>&1
[ $? -eq 1 ] && grep -qF '7 passed, 1 failed, 0 skipped' $work/out && ! grep -q otherwise $work/out && grep -qF 'a.pkt@n=2 on rtl8139' $work/run.html && ! grep -q 'on e1000' $work/run.html
verdict $? "a page of a run's JSON has its cases, with its options"
sed -i 's/BAD$/BAD + 1/' $work/run/a.pkt
$wiredrill report -o $work/run.html $work/run.json >$work/out 2>&1
[ $? -eq 0 ] && grep -qF '1 cases end otherwise than they did in that run' $work/out
verdict $? "what ends otherwise now is told"
echo '{"case":"x"}' >$work/bad.json
$wiredrill report -o $work/none.html $work/bad.json >$work/out 2>&1
[ $? -eq 2 ] && grep -qF 'bad.json:1:1: this is no line of what' $work/out && [ ! -e $work/none.html ]
verdict $? "another JSON is refused with its place"
# As a browser has it: what stands in the document when its script has run.
browser=$(command -v chromium || command -v chromium-browser)
if [ -n "$browser" ]; then
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --dump-dom "file://$PWD/$page#case-1" >$work/dom.html 2>$work/dom.err
    grep -qF '<title>Wiredrill: a run</title>' $work/dom.html && grep -qF 'id="failed">2</b>' $work/dom.html && ! grep -qE '<img|<b>bold' $work/dom.html
    verdict $? "a browser shows the totals, and no markup from outside"
    grep -qE '<details class="case failed" id="case-1"[^>]* open=""' $work/dom.html && grep -qF '<svg' $work/dom.html
    verdict $? "the failure that the address names is open"
else
    skip "report: as a browser shows it" "chromium is not there"
fi
finish
