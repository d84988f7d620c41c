/** The table as it stands: it counts matches under way, too. */
import { useEffect, useRef } from 'preact/hooks'
import type { Match } from '../channels.js'
import { Scroller } from '../parts/scroller.js'
import { type Standing, standingsOf } from './standings.js'

export function Standings({ matches }: { readonly matches: readonly Match[] }) {
  const rows = standingsOf(matches)
  const before = useRef<ReadonlyMap<string, number>>(new Map())
  const places = new Map(rows.map(({ team }, place) => [team, place]))
  const order = rows.map(({ team }) => team).join()
  const last = before.current
  useEffect(() => {
    before.current = places
  }, [order])
  return (
    <section aria-labelledby="standings">
      <h2 id="standings">As it stands</h2>
      <Scroller class="table standings" label="The table as it stands">
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">Place</span>
              </th>
              <th scope="col">Team</th>
              <th scope="col">
                <abbr title="Played">P</abbr>
              </th>
              <th scope="col" class="more">
                <abbr title="Won">W</abbr>
              </th>
              <th scope="col" class="more">
                <abbr title="Drawn">D</abbr>
              </th>
              <th scope="col" class="more">
                <abbr title="Lost">L</abbr>
              </th>
              <th scope="col">Goals</th>
              <th scope="col">Points</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              <Row key={row.team} row={row} place={place} moved={(last.get(row.team) ?? place) - place} />
            ))}
          </tbody>
        </table>
      </Scroller>
    </section>
  )
}

function Row({ row, place, moved }: { readonly row: Standing; readonly place: number; readonly moved: number }) {
  const { team, played, won, drawn, lost, scored, conceded, points } = row
  return (
    <tr data-team={team} data-moved={moved > 0 ? 'up' : moved < 0 ? 'down' : undefined}>
      <td>{place + 1}</td>
      <th scope="row">{team}</th>
      <td>{played}</td>
      <td class="more">{won}</td>
      <td class="more">{drawn}</td>
      <td class="more">{lost}</td>
      <td>
        {scored}:{conceded}
      </td>
      <td>
        <b>{points}</b>
      </td>
    </tr>
  )
}
