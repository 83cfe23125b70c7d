/** The access control list of a socket that is open to all users but some (acl(5)). Used by shut-out. */

// include/uapi/linux/posix_acl_xattr.h and posix_acl.h
const VERSION = 2;
const NOBODY_NAMED = 0xffff_ffff;
const Tag = { owner: 0x01, user: 0x02, group: 0x04, mask: 0x10, others: 0x20 } as const;
const ALL = 7;
const NOTHING = 0;
const ENTRY_BYTES = 8; // tag, permissions, id

/** As the attribute `system.posix_acl_access` has it: entries in the order of their tags, users by their ids. */
export function aclOfAllBut(uids: Iterable<number>): Uint8Array {
  const entries: readonly (readonly [tag: number, permissions: number, id: number])[] = [
    [Tag.owner, ALL, NOBODY_NAMED],
    ...[...uids].sort((a, b) => a - b).map((uid) => [Tag.user, NOTHING, uid] as const),
    [Tag.group, ALL, NOBODY_NAMED],
    [Tag.mask, ALL, NOBODY_NAMED],
    [Tag.others, ALL, NOBODY_NAMED],
  ];
  const bytes = new DataView(new ArrayBuffer(4 + entries.length * ENTRY_BYTES));
  bytes.setUint32(0, VERSION, true);
  for (const [at, [tag, permissions, id]] of entries.entries()) {
    const offset = 4 + at * ENTRY_BYTES;
    bytes.setUint16(offset, tag, true);
    bytes.setUint16(offset + 2, permissions, true);
    bytes.setUint32(offset + 4, id, true);
  }
  return new Uint8Array(bytes.buffer);
}
