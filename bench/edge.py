import os, socket, subprocess, sys, time, tempfile, statistics
from pathlib import Path
def start(src, port):
    f=tempfile.mkdtemp()
    p=subprocess.Popen([sys.executable,"-m","doorward","serve","--port",str(port),"--database",f"sqlite:///{f}/a.db","--root-key-file",f"{f}/k"],env={**os.environ,"PYTHONPATH":src},stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)
    return p
def cpu(pid):
    s=open(f"/proc/{pid}/stat").read().rpartition(")")[2].split(); return (int(s[11])+int(s[12]))/os.sysconf("SC_CLK_TCK")
REQ=b"GET /static/x HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: bench/1\r\nAccept-Language: de\r\nCookie: a=b\r\n\r\n"
def run(port,n,fresh):
    s=None
    for i in range(n):
        if s is None or fresh:
            if s: s.close()
            s=socket.create_connection(("127.0.0.1",port)); s.setsockopt(socket.IPPROTO_TCP,socket.TCP_NODELAY,1)
        s.sendall(REQ); d=b""
        while b"\r\n\r\n" not in d or b'"reason"' not in d: d+=s.recv(65536)
    s.close()
a=start("/work/wt/before/src",8801); b=start("/work/main/src",8802); time.sleep(5)
try:
  for fresh,n in [(False,1500)]:
    res={8801:[],8802:[]}
    for r in range(21):
        for port,p in ((8801,a),(8802,b)) if r%2 else ((8802,b),(8801,a)):
            c=cpu(p.pid); t=time.perf_counter(); run(port,n,fresh); res[port].append(((cpu(p.pid)-c)/n*1e6,(time.perf_counter()-t)/n*1e6))
    for port,name in ((8801,"before"),(8802,"after")):
        print("fresh" if fresh else "kept", name,"cpu us",round(statistics.median(x[0] for x in res[port])),"wall us",round(statistics.median(x[1] for x in res[port])))
finally:
    a.terminate(); b.terminate()
