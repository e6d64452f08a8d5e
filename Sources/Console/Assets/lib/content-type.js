// The content type of a file: what the browser says, else by the name's end.

const BY_END = {
  md: "text/markdown", log: "text/plain", yml: "application/yaml", yaml: "application/yaml", toml: "application/toml", ini: "text/plain", conf: "text/plain", sh: "text/x-shellscript", py: "text/x-python", swift: "text/plain", go: "text/plain", rs: "text/plain",
  ts: "text/plain", tsv: "text/tab-separated-values", csv: "text/csv", jsonl: "application/x-ndjson", ndjson: "application/x-ndjson", parquet: "application/vnd.apache.parquet", avro: "application/avro", wasm: "application/wasm",
  webp: "image/webp", avif: "image/avif", heic: "image/heic", flac: "audio/flac", m4a: "audio/mp4", opus: "audio/ogg", mkv: "video/x-matroska", webm: "video/webm", m3u8: "application/vnd.apple.mpegurl",
  gz: "application/gzip", tgz: "application/gzip", zst: "application/zstd", xz: "application/x-xz", bz2: "application/x-bzip2", "7z": "application/x-7z-compressed", iso: "application/x-iso9660-image", deb: "application/vnd.debian.binary-package", sqlite: "application/vnd.sqlite3",
};

export function contentType(file) {
  if (file.type) return file.type;
  const end = /\.([^./]+)$/.exec(file.name)?.[1]?.toLowerCase();
  return (end && Object.hasOwn(BY_END, end) && BY_END[end]) || "application/octet-stream";
}
