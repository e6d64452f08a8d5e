print("coffer-bench")
