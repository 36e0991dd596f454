# The commands that README.md and docs/ show do what they are said to do, as written.
. tests/checks/count.sh
mkdir -p build
tests/checks/commands.py >build/commands.out 2>&1
count build/commands.out $?
sed '$d' build/commands.out
finish
