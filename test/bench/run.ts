import { type Gateway, removeGateway, startGateway } from '../support/gateway.ts';
import { bareHttp } from './ceiling.ts';
import { atMost, type Figure, printFigures } from './figures.ts';
import { benchApi, benchContent, benchPublish, benchSync, benchTasks } from './jobs.ts';
import { memoryOfTree } from './memory.ts';
import { benchMigration } from './migration.ts';
import { startUpstream } from './upstream.ts';

// Prints the figures that the project promises, measured on a gateway of its own beside what the machine could do.

const COUNT = 20_000;
const IDLE_MS = 5000;

const figures: Figure[] = [];
const home = null;
const first = await startGateway({ home, env: {} });
figures.push({ job: 'first ready', value: first.readyAfter / 1000, unit: 's', target: atMost(5), ceiling: null });
await first.stop();
const gateway = await startGateway({ home: first.home, env: {} });
figures.push({ job: 'second ready', value: gateway.readyAfter / 1000, unit: 's', target: atMost(3), ceiling: null });
await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
figures.push(idleMemory(gateway));

const upstream = await startUpstream(COUNT);
try {
  const bare = await bareHttp(16);
  await benchSync(gateway, upstream, 'on_demand', COUNT, figures);
  const repository = await benchSync(gateway, upstream, 'immediate', COUNT, figures);
  await benchPublish(gateway, repository, figures);
  await benchContent(gateway, repository, bare, figures);
  await benchApi(gateway, repository, bare, figures);
  await benchTasks(gateway, figures);
  figures.push(...peaks(gateway));
} finally {
  await upstream.close();
  await removeGateway(gateway);
}
await benchMigration(figures);
process.exitCode = printFigures(figures) ? 0 : 3;

function idleMemory({ process: { pid = 0 } }: Gateway): Figure {
  const value = memoryOfTree(pid).reduce((sum, { pss }) => sum + pss, 0);
  return { job: 'idle memory of everything (PSS)', value, unit: 'MiB', target: atMost(350), ceiling: null };
}

function peaks({ process: { pid = 0 } }: Gateway): Figure[] {
  return memoryOfTree(pid)
    .filter(({ command }) => command.includes('node'))
    .map(({ command, peak }) => {
      const role = command.includes('worker.js') ? 'worker' : 'server';
      return { job: `peak memory of a ${role}`, value: peak, unit: 'MiB', target: atMost(300), ceiling: null };
    });
}
