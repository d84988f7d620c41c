/** Who writes, and whether one follows them. */
import type { Author } from '../channels.js'
import { Button } from '../parts/button.js'
import { me } from '../shell/me.js'
import { follow, toggle } from './follows.js'

interface Props {
  readonly authors: readonly Author[]
  readonly followed: ReadonlySet<string>
  /** Who has a page of the playground open. */
  readonly here: ReadonlySet<string>
}

export function People({ authors, followed, here }: Props) {
  const others = authors.filter(({ id }) => id !== me).sort((a, b) => a.name.localeCompare(b.name))
  return (
    <section class="authors" aria-labelledby="authors">
      <header>
        <h2 id="authors">People</h2>
        <Button disabled={others.length === 0} onClick={() => follow(others.map(({ id }) => id))}>
          Follow everybody
        </Button>
        <Button onClick={() => follow([])}>Nobody</Button>
      </header>
      <ul>
        {others.map(({ id, name, about, posts }) => (
          <li key={id} data-author={id}>
            <p>
              <b>{name}</b>{' '}
              {here.has(id) && <span class="dot" role="img" aria-label="is here now" title="is here now" />}{' '}
              <span class="about">{about}</span>
              <span class="posts">{posts === 1 ? 'one post' : `${posts} posts`}</span>
            </p>
            {followed.has(id) ? (
              <Button aria-label={`Following ${name}: unfollow`} data-followed onClick={() => toggle(id)}>
                Following
              </Button>
            ) : (
              <Button aria-label={`Follow ${name}`} onClick={() => toggle(id)}>
                Follow
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
