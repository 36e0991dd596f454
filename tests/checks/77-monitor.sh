# The monitor: for each of its rules a planted violation is named and a near miss is let pass (tests/monitor/rules.txt), it accuses no frame of our stack in
# any golden but those that explained.tsv explains, it names five faults of different layers in one capture and nothing else, and captures that are cut,
# begin in mid-connection or were taken before a NIC's work are not accused.
. tests/checks/count.sh
work=build/monitor-check
rm -rf $work; mkdir -p $work
wiredrill=build/release/wiredrill
python3 tests/monitor/run.py >$work/rules 2>&1
count $work/rules $?
sed '$d' $work/rules

# Goldens: what the host under test sends. A row of explained.tsv that explains nothing is one too many.
find golden-pcaps -name '*.pcap' | sort | xargs $wiredrill audit --json --host 52:54:00:12:34:56 | grep '"certain":true' |
    sed 's/^{"file":"golden-pcaps\/\([^"]*\).pcap".*"rule":"\([^"]*\)".*/\1\t\2/' | sort -u >$work/accused
sed '/^#/d;/^golden\t/d' tests/monitor/explained.tsv | cut -f1,2 | sort -u >$work/explained
comm -23 $work/accused $work/explained >$work/false
[ ! -s $work/false ]; verdict $? "no frame of ours in a golden is accused: $(tr '\n' ' ' <$work/false)"
comm -13 $work/accused $work/explained >$work/idle
[ ! -s $work/idle ]; verdict $? "every row of explained.tsv explains something: $(tr '\n' ' ' <$work/idle)"
[ "$(find golden-pcaps -name '*.pcap' | wc -l)" -ge 1900 ]; verdict $? 'there are goldens to look at'

# Five faults of five layers.
python3 tests/monitor/captures.py $work
$wiredrill audit --json --at-host $work/five.pcap >$work/five; status=$?
[ $status -eq 1 ]; verdict $? 'five faults: exit 1'
sed -n 's/.*"frame":\([0-9]*\),.*"rule":"\([^"]*\)".*/\1 \2/p' $work/five | sort -n >$work/named
cmp -s $work/named $work/five.want; verdict $? "five faults: the five and nothing else: $(tr '\n' ';' <$work/named)"
timeout 600 python3 tests/monitor/plants.py $work/plants 100 $work/long.pcap >$work/plants.out 2>&1; verdict $? "five faults at random: $(tail -1 $work/plants.out)"
for innocent in whole long cut midway offloads lost twice virtual; do
    $wiredrill audit --json $work/$innocent.pcap >$work/out; status=$?
    [ $status -eq 0 ] && ! grep -q '"certain":true' $work/out
    verdict $? "$innocent: nobody is accused: $(grep '"certain":true' $work/out | head -2)"
done
grep -q '"connections":1,' $work/out; verdict $? 'a capture has its connection'

# What the command says of itself.
$wiredrill audit >$work/out 2>&1; [ $? -eq 2 ]; verdict $? 'audit without a capture: exit 2'
$wiredrill audit --host nobody $work/whole.pcap >$work/out 2>&1; [ $? -eq 2 ]; verdict $? 'audit --host nobody: exit 2'
$wiredrill audit README.md >$work/out 2>&1; [ $? -eq 2 ]; verdict $? 'audit of no capture: exit 2'
$wiredrill audit --at-host $work/five.pcap | grep -q '^  rule  '; verdict $? 'a finding has its sentence'

# Captures from elsewhere: the same answer twice, whatever they hold.
for folder in ${CAPTURES:-}; do
    find $folder -name '*.pcap*' | sort | xargs $wiredrill audit >$work/one 2>&1
    find $folder -name '*.pcap*' | sort | xargs $wiredrill audit >$work/two 2>&1
    [ -s $work/one ] && cmp -s $work/one $work/two; verdict $? "$folder: the same answer twice"
done
finish
