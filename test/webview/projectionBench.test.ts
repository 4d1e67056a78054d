import { afterAll, beforeAll, test } from 'vitest';
import { ProjectionHost, ProjectionPages } from './projectionPage';

/*
 * Frames per second of the map while it is moved, with the GPU that Chromium has (in containers SwiftShader, which draws on
 * the CPU) and without WebGL2:
 *   BENCH=1 npx vitest run --project webview projectionBench
 */

let pages: ProjectionPages;
beforeAll(async () => {
  if (process.env.BENCH) pages = await ProjectionPages.start();
}, 120_000);
afterAll(async () => {
  if (process.env.BENCH) await pages.stop();
});

for (const webGl of ['also in software', 'none'] as const) {
  for (const count of [2_000, 20_000, 100_000]) {
    test.skipIf(!process.env.BENCH)(
      `${count} points, ${webGl === 'none' ? '2D canvas' : 'WebGL2'}`,
      async () => {
        const host = ProjectionHost.of(count);
        const { page } = await pages.open(host, { webGl, width: 1280, height: 820 });
        await page.evaluate(`sessionStorage.setItem('kept state', JSON.stringify({
          ...JSON.parse(sessionStorage.getItem('kept state') ?? '{}'),
          maxPoints: ${count}, labels: true,
        }))`);
        await page.reload();
        await page.locator('recsight-scatter').waitFor({ timeout: 60_000 });
        await page.waitForTimeout(1000);
        const found = await page.evaluate<{ frames: number; renderer: string }>(`(async () => {
          const scatter = document.querySelector('recsight-scatter');
          const surface = scatter.querySelector('.scatter-surface');
          const gl = scatter.querySelector('.scatter-points').getContext('webgl2');
          const renderer = gl ? gl.getParameter(gl.RENDERER) : '2D canvas';
          surface.focus();
          const start = performance.now();
          let frames = 0;
          while (performance.now() - start < 5000) {
            const key = frames++ % 20 < 10 ? 'ArrowLeft' : 'ArrowRight';
            surface.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey: true, bubbles: true }));
            await new Promise((resolve) => requestAnimationFrame(resolve));
            // What was sent to the GPU is waited for, so that frames are counted that were drawn.
            if (gl) gl.finish();
          }
          return { frames: (1000 * frames) / (performance.now() - start), renderer };
        })()`);
        console.log(`${count} points: ${found.frames.toFixed(1)} frames/s (${found.renderer})`);
        await page.close();
      },
      300_000,
    );
  }
}
