// What differs between two looks at the cluster, in sentences: what people want to have noticed. Pure.

const byName = (list) => new Map(list.map((each) => [each.name, each]));

function ofLeader(before, after, out) {
  const was = before.leader;
  const is = after.leader;
  if (is && (!was || was.term !== is.term)) out.push(["leader", `${is.node} leads, term ${is.term}`]);
  else if (was && !is) out.push(["trouble", `nobody leads; it was ${was.node}, term ${was.term}`]);
}

function ofNodes(before, after, out) {
  const known = byName(before.nodes);
  for (const node of after.nodes) {
    const was = known.get(node.name);
    const kind = node.state === "dead" ? "trouble" : "node";
    if (!was) out.push([kind, `node ${node.name} appeared, ${node.state}`]);
    else if (was.node_id !== node.node_id) out.push([kind, `node ${node.name} came back, ${node.state}`]);
    else if (was.state !== node.state) out.push([kind, `node ${node.name} is ${node.state}`]);
  }
}

function ofSlots(was, is, out) {
  const moved = new Map();
  for (const part of is.partitions) {
    const old = was.partitions.find((p) => p.slot === part.slot);
    if (!old || (old.owner === part.owner && old.epoch === part.epoch)) continue;
    const how =
      part.owner === null ? `nobody owns` : old.owner === part.owner ? `${part.owner} took anew` : `${part.owner} owns`;
    moved.set(how, [...(moved.get(how) ?? []), part]);
  }
  for (const [how, parts] of moved) {
    const what =
      is.partitions.length === 1
        ? is.name
        : parts.length > 3
          ? `${parts.length} slots of ${is.name}`
          : `${is.name} slot ${parts.map((p) => p.slot).join(", ")}`;
    const epoch = parts.length === 1 && parts[0].owner !== null ? `, epoch ${parts[0].epoch}` : "";
    out.push([parts[0].owner === null ? "trouble" : "owner", `${how} ${what}${epoch}`]);
  }
}

function ofStreams(before, after, out) {
  const known = byName(before.streams);
  for (const stream of after.streams) {
    const was = known.get(stream.name);
    if (!was) {
      out.push(["stream", `stream ${stream.name} is new`]);
      continue;
    }
    if (was.pin !== stream.pin)
      out.push([
        "stream",
        stream.pin === null ? `${stream.name} is no longer pinned` : `${stream.name} is pinned to ${stream.pin}`,
      ]);
    if (was.paused !== stream.paused)
      out.push(["stream", stream.paused ? `${stream.name} is paused` : `${stream.name} goes on`]);
    ofSlots(was, stream, out);
  }
  for (const name of known.keys())
    if (!after.streams.some((s) => s.name === name)) out.push(["stream", `stream ${name} is gone`]);
}

/// A list of [kind, sentence]; kind: leader, node, owner, stream, trouble.
export function changes(before, after) {
  const out = [];
  ofLeader(before, after, out);
  ofNodes(before, after, out);
  ofStreams(before, after, out);
  return out;
}
