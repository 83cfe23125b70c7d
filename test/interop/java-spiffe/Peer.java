import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.spiffe.bundle.jwtbundle.JwtBundleSet;
import io.spiffe.provider.SpiffeSslContextFactory;
import io.spiffe.provider.SpiffeSslContextFactory.SslContextOptions;
import io.spiffe.spiffeid.SpiffeId;
import io.spiffe.svid.jwtsvid.JwtSvid;
import io.spiffe.svid.x509svid.X509Svid;
import io.spiffe.workloadapi.DefaultJwtSource;
import io.spiffe.workloadapi.DefaultWorkloadApiClient;
import io.spiffe.workloadapi.DefaultX509Source;
import io.spiffe.workloadapi.DefaultX509Source.X509SourceOptions;
import io.spiffe.workloadapi.JwtSourceOptions;
import io.spiffe.workloadapi.Watcher;
import io.spiffe.workloadapi.WorkloadApiClient;
import io.spiffe.workloadapi.X509Context;
import io.spiffe.workloadapi.X509Source;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A workload written with the Java SDK. The suite beside it runs it and reads what it prints: one JSON object per line.
 * The address of the Workload API comes from SPIFFE_ENDPOINT_SOCKET.
 */
public final class Peer {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long LOOK_MS = 100;
  private static final int BACKLOG = 16;
  private static final int URI_NAME = 6; // RFC 5280 4.2.1.6

  public static void main(String[] args) throws Exception {
    String[] rest = Arrays.copyOfRange(args, 1, args.length);
    try {
      run(args[0], rest);
    } catch (Exception error) {
      fail(error);
    }
    System.exit(0); // threads of the SDK may go on
  }

  private static void run(String what, String[] args) throws Exception {
    switch (what) {
      case "fetch" -> fetch();
      case "watch" -> watch();
      case "source" -> source();
      case "serve" -> serve(SpiffeId.parse(args[0]));
      case "call" -> call(args[0], SpiffeId.parse(args[1]));
      case "token" -> token(args);
      case "validate" -> validate(args[0], args[1]);
      default -> throw new IllegalArgumentException("no such deed: " + what);
    }
  }

  /** Gets an X.509 context as it is now. */
  private static void fetch() throws Exception {
    try (WorkloadApiClient client = DefaultWorkloadApiClient.newClient()) {
      tell("svid", client.fetchX509Context());
    }
  }

  /** Prints every update of one watch, and what ended it. */
  private static void watch() throws Exception {
    WorkloadApiClient client = DefaultWorkloadApiClient.newClient();
    client.watchX509Context(
        new Watcher<>() {
          @Override
          public void onUpdate(X509Context update) {
            tell("update", update);
          }

          @Override
          public void onError(Throwable error) {
            say("error", "error", whole(error));
          }
        });
    Thread.sleep(Long.MAX_VALUE);
  }

  /** Prints what a source has whenever that is another SVID. */
  private static void source() throws Exception {
    String last = "";
    try (X509Source source = newSource()) {
      while (true) {
        X509Svid svid = source.getX509Svid();
        String serial = svid.getLeaf().getSerialNumber().toString();
        if (!serial.equals(last)) {
          say("update", "id", svid.getSpiffeId().toString(), "serial", serial);
        }
        last = serial;
        Thread.sleep(LOOK_MS);
      }
    }
  }

  /** Greets clients that have this ID, over mTLS, and tells which ones it refused. */
  private static void serve(SpiffeId client) throws Exception {
    SSLContext context = contextFor(client, newSource());
    InetAddress here = InetAddress.getLoopbackAddress();
    SSLServerSocket listener =
        (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, BACKLOG, here);
    listener.setNeedClientAuth(true);
    say("listening", "address", "127.0.0.1:" + listener.getLocalPort());
    while (true) {
      greet((SSLSocket) listener.accept());
    }
  }

  private static void greet(SSLSocket socket) {
    try (socket) {
      socket.startHandshake();
      String id = peerOf(socket);
      say("accepted", "id", id);
      socket.getOutputStream().write(("hello " + id).getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput(); // close() alone does not always say so, which OpenSSL takes for an attack
    } catch (Exception error) {
      say("refused", "error", whole(error));
    }
  }

  /** Connects to a server that must have this ID, and prints what it says. */
  private static void call(String address, SpiffeId server) throws Exception {
    String[] parts = address.split(":");
    SSLContext context = contextFor(server, newSource());
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(parts[0], Integer.parseInt(parts[1]))) {
      socket.startHandshake();
      String text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      say("answer", "id", peerOf(socket), "text", text);
    }
  }

  /** Gets a token through a JWT source, and verifies it by the source's bundles. */
  private static void token(String[] audience) throws Exception {
    JwtSourceOptions options = JwtSourceOptions.builder().initTimeout(PATIENCE).build();
    try (var source = DefaultJwtSource.newSource(options)) {
      String[] others = Arrays.copyOfRange(audience, 1, audience.length);
      String token = source.fetchJwtSvid(audience[0], others).getToken();
      JwtSvid verified = JwtSvid.parseAndValidate(token, source, Set.of(audience));
      say("token", "id", verified.getSpiffeId().toString(), "text", token);
    }
  }

  /** Has a token verified by the Workload API, and by the bundles that it gives. */
  private static void validate(String audience, String token) throws Exception {
    try (WorkloadApiClient client = DefaultWorkloadApiClient.newClient()) {
      JwtBundleSet bundles = client.fetchJwtBundles();
      JwtSvid own = JwtSvid.parseAndValidate(token, bundles, Set.of(audience));
      JwtSvid answered = client.validateJwtSvid(token, audience);
      say("token", "id", answered.getSpiffeId().toString(), "text", own.getSpiffeId().toString());
    }
  }

  private static X509Source newSource() throws Exception {
    return DefaultX509Source.newSource(X509SourceOptions.builder().initTimeout(PATIENCE).build());
  }

  private static SSLContext contextFor(SpiffeId peer, X509Source source) throws Exception {
    return SpiffeSslContextFactory.getSslContext(
        SslContextOptions.builder()
            .sslProtocol("TLSv1.3") // our library takes nothing less; the SDK's own default is 1.2
            .x509Source(source)
            .acceptedSpiffeIdsSupplier(() -> Set.of(peer))
            .build());
  }

  private static String peerOf(SSLSocket socket) throws Exception {
    Certificate leaf = socket.getSession().getPeerCertificates()[0];
    Collection<List<?>> names = ((X509Certificate) leaf).getSubjectAlternativeNames();
    return names.stream()
        .filter(name -> name.get(0).equals(URI_NAME))
        .map(name -> (String) name.get(1))
        .findFirst()
        .orElseThrow();
  }

  private static void tell(String event, X509Context context) {
    X509Svid svid = context.getDefaultSvid();
    JsonObject line = new JsonObject();
    line.addProperty("event", event);
    line.addProperty("id", svid.getSpiffeId().toString());
    line.addProperty("serial", svid.getLeaf().getSerialNumber().toString());
    line.addProperty("chain", svid.getChain().size());
    JsonArray bundles = new JsonArray();
    context.getX509BundleSet().getBundles().keySet().stream()
        .map(Object::toString)
        .sorted()
        .forEach(bundles::add);
    line.add("bundles", bundles);
    print(line);
  }

  private static void fail(Throwable error) {
    say("failed", "error", whole(error));
  }

  /** With what lies behind it. */
  private static String whole(Throwable error) {
    String own = error.toString();
    return error.getCause() == null ? own : own + ": " + whole(error.getCause());
  }

  private static void say(String event, String... named) {
    JsonObject line = new JsonObject();
    line.addProperty("event", event);
    for (int at = 0; at < named.length; at += 2) {
      line.addProperty(named[at], named[at + 1]);
    }
    print(line);
  }

  private static synchronized void print(JsonObject line) {
    System.out.println(line);
    System.out.flush();
  }
}
