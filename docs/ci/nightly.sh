#!/bin/sh
# A night from cron, silent where all is well, since cron mails what is printed:
#   0 2 * * *  /opt/parallax/nightly.sh /opt/parallax/job.yaml
# Two nights at once need no lock of ours: parallax run refuses the second with 5.
set -u
job=$1
log=$(mktemp) || exit 3
trap 'rm -f "$log"' EXIT
code=0
parallax run --quiet "$job" >"$log" 2>&1 || code=$?
case $code in
0) exit 0 ;;
1) echo "parallax: the new system differs: the policy of $job is not met" ;;
3) echo "parallax: could not verify: not enough is known for a verdict on $job" ;;
5) echo "parallax: the night before is still running on $job" ;;
*) echo "parallax: no verdict on $job: exit code $code" ;;
esac
cat "$log"
exit "$code"
