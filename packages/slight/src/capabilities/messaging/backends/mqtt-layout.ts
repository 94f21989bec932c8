/**
 * Where the messages of one name are. What is kept is kept as retained messages, one for each topic of MQTT:
 *
 * - `slight/<name>/groups/<group>`: the group's topics
 * - `slight/<name>/g/<group>/m/<id>`: a message that the group has not answered
 * - `slight/<name>/g/<group>/c/<id>`: who has it, and how often it was given out
 * - `slight/<name>/d/<group>/<id>`: a dead letter
 *
 * Broadcasts go through `slight/<name>/b/<topic>`, with `/` for the dots of a topic, and replies through
 * `slight/<name>/r/<id>/`.
 */
export interface Layout {
  readonly groups: string;
  group(name: string): string;
  /** All that a group has. */
  has(group: string): string;
  message(group: string, id: string): string;
  claim(group: string, id: string): string;
  allDead(group: string): string;
  dead(group: string, id: string): string;
  readonly broadcasts: string;
  broadcast(topic: string): string;
  reply(id: string): string;
}

export function layOut(name: string): Layout {
  // Of what a level of a topic may not have, nothing is left as it is.
  const root = `slight/${encodeURIComponent(name)}`;
  return {
    groups: `${root}/groups/`,
    group: (group) => `${root}/groups/${group}`,
    has: (group) => `${root}/g/${group}/`,
    message: (group, id) => `${root}/g/${group}/m/${id}`,
    claim: (group, id) => `${root}/g/${group}/c/${id}`,
    allDead: (group) => `${root}/d/${group}/`,
    dead: (group, id) => `${root}/d/${group}/${id}`,
    broadcasts: `${root}/b/`,
    broadcast: (topic) => `${root}/b/${topic.replaceAll('.', '/')}`,
    reply: (id) => `${root}/r/${id}/`,
  };
}
