"""One snapshot_download of a repository: prints its seconds, the import left out. HF_ENDPOINT is the hub.

    python snapshot-download.py ID CACHE
"""
import sys
import time

from huggingface_hub import snapshot_download

start = time.perf_counter()
snapshot_download(sys.argv[1], cache_dir=sys.argv[2])
print(time.perf_counter() - start)
