# What `make install` brings runs from anywhere: in an empty folder, below another root, with headers behind one -I.
. tests/checks/count.sh
root=$PWD/build/install work=$PWD/build/installed
rm -rf $root $work; mkdir -p $work
make --no-print-directory install DESTDIR=$root PREFIX=/usr >$work/log 2>&1
verdict $? "it installs: $(tail -1 $work/log)"
cd $work || exit 1
w=$root/usr/bin/wiredrill share=$root/usr/share/wiredrill include=$root/usr/include/wiredrill
$w run --quiet scenarios/arp/request-each_sender.pkt >out 2>&1 && grep -qF '18 passed, 0 failed, 0 skipped' out
verdict $? "scenarios and goldens are found"
cc -shared -fPIC -I $include -o eth.so $share/examples/stack/eth_receive.c && $w run --quiet --sut ./eth.so scenarios/icmp/type-each-silent.pkt >out 2>&1 && grep -qF '34 passed, 0 failed, 0 skipped' out
verdict $? "a stack as a plug-in builds with one -I, and runs"
cc -shared -fPIC -I $include -o driver.so $share/examples/driver/rtl8139_portio.c && $w run --quiet --driver ./driver.so scenarios/arp/request-each_sender.pkt >out 2>&1 && grep -qF '6 passed, 0 failed, 0 skipped' out
verdict $? "a driver as a plug-in builds with one -I, and runs"
grep -q '^\.TH WIREDRILL-RUN 1' $root/usr/share/man/man1/wiredrill-run.1 && grep -qF 'max' $root/usr/share/man/man1/wiredrill-run.1
verdict $? "each subcommand has its page"
bash -c ". $root/usr/share/bash-completion/completions/wiredrill; COMP_WORDS=(wiredrill run --jun) COMP_CWORD=2; _wiredrill; [ \"\${COMPREPLY[0]}\" = --junit ]"
verdict $? "bash completes an option"
finish
