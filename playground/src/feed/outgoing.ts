/** What this browser has posted and not yet read back. */
import type { Post } from '../channels.js'
import { Drafts } from '../shell/drafts.js'
import { freshId } from '../shell/id.js'
import { me, myName } from '../shell/me.js'

export const drafts = new Drafts<Post>('feed.drafts')

export function post(text: string): void {
  const message = { id: freshId(), author: me, name: myName.value, text, at: Date.now() }
  drafts.publish(`feed/posts/${me}`, message)
}
