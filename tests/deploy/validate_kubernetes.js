// node validate_kubernetes.js FILE.yml...: every object against the schema of its kind (kubernetes-models), and a few habits of ours that no
// schema knows. The schemas let unknown fields pass, as a cluster without strict validation does; TypeScript, given the objects as literals of
// their types, does not. Module folder in NODE_PATH.
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");
const yaml = require("js-yaml");
const ts = require("typescript");

const modules = path.resolve(process.env.NODE_PATH);
const moduleOf = ({ apiVersion, kind }) => {
  const crd = apiVersion.startsWith("monitoring.coreos.com/");
  const file = path.join(modules, crd ? "@kubernetes-models/prometheus-operator" : "kubernetes-models", apiVersion, `${kind}.js`);
  if (!fs.existsSync(file)) throw new Error(`there is no ${kind} in ${apiVersion}`);
  return file;
};

// What TypeScript says of fields that the type of an object does not have.
const unknownFields = (objects) => {
  const lines = objects.map((o, i) => `import type { I${o.kind} as T${i} } from ${JSON.stringify(moduleOf(o))};\n` +
    `export const o${i}: T${i} = ${JSON.stringify(o, null, 1)};`);
  const file = path.join(modules, "objects.ts");
  const options = { noEmit: true, strict: false, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
                    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => name === file ? ts.createSourceFile(name, lines.join("\n"), ts.ScriptTarget.ES2022) : read(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program)
    .map((d) => ts.flattenDiagnosticMessageText(d.messageText, " "))
    .filter((m) => m.includes("known properties") || m.includes("Cannot find") || m.includes("no exported member"));
};

const podOf = (object) =>
  ({ Deployment: (o) => o.spec.template, CronJob: (o) => o.spec.jobTemplate.spec.template })[object.kind]?.(object);

function* habits(object, all) {
  const pod = podOf(object);
  if (object.kind === "PodDisruptionBudget" || object.kind === "NetworkPolicy" || object.kind === "Service") {
    const wanted = object.spec.selector?.matchLabels ?? object.spec.podSelector?.matchLabels ?? object.spec.selector;
    const labels = all.map((o) => podOf(o)?.metadata.labels).filter(Boolean);
    if (!labels.some((l) => Object.entries(wanted).every(([k, v]) => l[k] === v))) yield "selects no pod of ours";
  }
  if (!pod) return;
  if (pod.spec.securityContext?.runAsNonRoot !== true) yield "may run as root";
  if (pod.spec.automountServiceAccountToken !== false) yield "is given a token of the cluster";
  const volumes = new Set(pod.spec.volumes.map((v) => v.name));
  for (const container of pod.spec.containers) {
    const context = container.securityContext ?? {};
    if (context.allowPrivilegeEscalation !== false || context.readOnlyRootFilesystem !== true) yield "is not locked down";
    if (!context.capabilities?.drop?.includes("ALL")) yield "keeps capabilities";
    if (!container.resources?.requests?.memory || !container.resources?.limits?.memory) yield "has no memory request and limit";
    const ports = new Set((container.ports ?? []).map((p) => p.name));
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
      if (object.kind === "Deployment" && !container[probe]) yield `has no ${probe}`;
      if (container[probe] && !ports.has(container[probe].httpGet.port)) yield `${probe} asks a port that is not there`;
    }
    for (const mount of container.volumeMounts ?? []) if (!volumes.has(mount.name)) yield `mounts ${mount.name}, which is no volume`;
  }
}

(async () => {
  let faults = 0, seen = 0;
  for (const file of process.argv.slice(2)) {
    const objects = yaml.loadAll(fs.readFileSync(file, "utf8")).filter(Boolean);
    for (const object of objects) {
      const say = (why) => { faults += 1; console.log(`FAILED: ${path.basename(file)}: ${object.kind} ${object.metadata?.name}: ${why}`); };
      seen += 1;
      try {
        const Model = (await import(pathToFileURL(moduleOf(object))))[object.kind];
        new Model(object).validate();
      } catch (error) { say(error.message); }
      for (const why of habits(object, objects)) say(why);
    }
  }
  const all = process.argv.slice(2).flatMap((f) => yaml.loadAll(fs.readFileSync(f, "utf8")).filter(Boolean));
  for (const why of unknownFields(all)) { faults += 1; console.log(`FAILED: ${why}`); }
  if (seen < 9) { console.log(`FAILED: only ${seen} objects`); process.exit(1); }
  if (faults === 0) console.log(`ok: ${seen} objects`);
  process.exit(faults ? 1 : 0);
})();
