# Run in a node of kind, with the ids of the containers of a system. A line "left: ..." for each thing of squall's that
# is there; then for each container its CPU quota, its main process's score, and what its volume in memory holds.

ps -eo stat=,comm= | awk '$1 ~ /^T/ {print "left: " $2 " stands still"}'
for net in /proc/1/ns/net /run/netns/*; do
  nsenter --net="$net" nft list tables 2>/dev/null | sed -n 's/^table inet squall_/left: the packet table squall_/p'
done
ls -d /var/lib/squall/*.jsonl /var/lib/squall/held-by /run/squall-api-server 2>/dev/null | sed 's/^/left: the file /'
ps -eo args= | grep -E '(opt/agent|squall[.]agent) (serve|recover)|squall[.]agent[.]proxy' | grep -v 'grep -E' |
  sed 's/^/left: /'
for id in "$@"; do
  quotas=$(find /sys/fs/cgroup -path "*$id*" \( -name cpu.cfs_quota_us -o -name cpu.max \) -exec cat {} +)
  echo "quota: $(sort -u <<<"$quotas" | tr '\n' ' ')"
  pid=$(grep -l "$id" /proc/[0-9]*/cgroup 2>/dev/null | head -1 | cut -d/ -f3)
  echo "score: $(cat "/proc/$pid/oom_score_adj")"
  nsenter -t "$pid" -m df --type=tmpfs --output=used /scratch 2>/dev/null | sed -n '2s/^ */taken: /p'
done
