import type { ComponentChildren } from 'preact';
import type { View } from '../lib/state';
import type { RequestBody } from '../lib/types';
import { CodeSample } from '../parts/code-sample';
import { Parameters } from '../parts/parameters';

/** The work in the middle, what it can be set to beside it. */
export function Layout({ view, body, children, before }: { view: View; body: RequestBody; children: ComponentChildren; before?: ComponentChildren }) {
  return (
    <div class="work">
      <main>{children}</main>
      <aside>
        <details open={matchMedia('(min-width: 60rem)').matches}>
          <summary>Settings</summary>
          {before}
          <Parameters view={view} />
        </details>
        <CodeSample body={body} />
      </aside>
    </div>
  );
}
