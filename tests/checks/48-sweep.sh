# A part of `make sweep` that takes seconds: seeds under random faults, one draw of memory after the other refused, numbers that begin below their wrap.
. tests/checks/count.sh
work=build/sweep
rm -rf $work
mkdir -p $work

build/release/wiredrill sweep --seeds 1..1200 --jobs 2 scenarios >$work/seeds.jsonl 2>$work/seeds.err
status=$?
runs=$(sed -nE 's/^\{"sweep": .*"runs": ([0-9]+), "failed": 0,.*/\1/p' $work/seeds.jsonl)
[ $status -eq 0 ] && ok "${runs:-0}" || { bad "seeds 1..1200: exit $status"; grep '"status": "failed"' $work/seeds.jsonl | head -3; }
[ "${runs:-0}" -ge 1100 ]
verdict $? "seeds 1..1200 have at least 1100 runs"

# Two halves are the whole.
for half in 1 2; do
    build/release/wiredrill sweep --seeds 1..1200 --shard $half/2 --jobs 2 scenarios >$work/half$half.jsonl 2>/dev/null
done
build/release/wiredrill sweep --join $work/half1.jsonl $work/half2.jsonl 2>/dev/null | tail -1 | cmp -s - "$work/seeds.jsonl" ||
    [ "$(build/release/wiredrill sweep --join $work/half1.jsonl $work/half2.jsonl 2>/dev/null | tail -1)" = "$(tail -1 $work/seeds.jsonl)" ]
verdict $? "two shards, joined, say what the whole says"

build/release/wiredrill run --fail-alloc all --no-golden --nic e1000 --jobs 2 scenarios/arp scenarios/fragments scenarios/http scenarios/sockets >$work/memory 2>&1
status=$?
told $work/memory | grep -v '^passed ' | head -20
count $work/memory $status
grep -qE '^[1-9][0-9]{3,} runs with one draw of memory refused, of [0-9]+ draws at [1-9][0-9]+ sites; 0 cases left out$' $work/memory
verdict $? "thousands of draws are refused"

build/release/wiredrill run --wrap --known tests/known/wrap.tsv --nic e1000 --jobs 2 --quiet scenarios >$work/wrap 2>&1
status=$?
told $work/wrap | grep -v '^passed ' | head -20
count $work/wrap $status

# Planted: an exchange that no doubled frame may touch is found, and comes back as a script that fails.
printf '%s\n' '// An answer, once.' 'sut eth0 ip 10.0.2.15/24' 'host raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2' \
    'outcome +1s counter("lan.duplicated") == 0' '0 < arp request who-has 10.0.2.15 tell 10.0.2.2' '+0 > arp reply 10.0.2.15 is-at eth0' >$work/planted.pkt
build/release/wiredrill sweep --seeds 1..100 --jobs 2 $work/planted.pkt >$work/planted.jsonl 2>/dev/null
[ $? -eq 1 ] && seed=$(sed -nE 's/^\{"seed": ([0-9]+), "status": "failed".*/\1/p' $work/planted.jsonl | head -1) && [ -n "$seed" ]
verdict $? "a sweep finds what is planted"
build/release/wiredrill sweep --seeds "${seed:-0}" --shrink $work/shrunk.pkt $work/planted.pkt >/dev/null 2>&1
[ $? -eq 1 ] && ! build/release/wiredrill run $work/shrunk.pkt >$work/shrunk.out 2>&1 && grep -q 'counter("lan.duplicated"): expected == 0' $work/shrunk.out &&
    [ "$(grep -cE '^[0-9]' $work/shrunk.pkt)" -le 3 ]
verdict $? "and writes it in three lines at most"

# What an outcome works by stays in the script: without the request there would be no answer either.
printf '%s\n' '// An answer, once.' 'sut eth0 ip 10.0.2.15/24' 'host raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2' \
    'outcome +1s counter("eth0.nic.rx_frames") == 1' '0 < arp request who-has 10.0.2.15 tell 10.0.2.2' '+0 > arp reply 10.0.2.15 is-at eth0' >$work/once.pkt
build/release/wiredrill sweep --seeds 1..100 --jobs 2 $work/once.pkt >$work/once.jsonl 2>/dev/null
seed=$(sed -nE 's/^\{"seed": ([0-9]+), "status": "failed".*/\1/p' $work/once.jsonl | head -1)
build/release/wiredrill sweep --seeds "${seed:-0}" --shrink $work/once_shrunk.pkt $work/once.pkt >/dev/null 2>&1
[ $? -eq 1 ] && grep -q 'link *lan' $work/once_shrunk.pkt && grep -q '< arp request' $work/once_shrunk.pkt && ! build/release/wiredrill run --quiet $work/once_shrunk.pkt >/dev/null 2>&1
verdict $? "and keeps the fault and what it strikes"
finish
