# The commands that README.md and docs/ show do what they are said to do, as written.
. tests/checks/count.sh
mkdir -p build
make --no-print-directory examples >build/commands.make 2>&1 || { tail -20 build/commands.make; bad "the examples do not build"; finish; exit 1; }
tests/checks/commands.py >build/commands.out 2>&1
count build/commands.out $?
sed '$d' build/commands.out
finish
