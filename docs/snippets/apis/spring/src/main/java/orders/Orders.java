package orders;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An API that accepts the access tokens of a Gatehouse. */
@SpringBootApplication
@RestController
public class Orders {
    public static void main(String[] args) {
        SpringApplication.run(Orders.class, args);
    }

    @GetMapping({"/orders", "/reports"})
    Map<String, Object> hello(@AuthenticationPrincipal Jwt token) {
        var answer = new HashMap<String, Object>(Map.of("sub", token.getSubject(), "client_id", token.getClaim("client_id")));
        answer.put("role", token.getClaimAsString("role"));
        return answer;
    }

    @GetMapping("/.well-known/oauth-protected-resource")
    Map<String, Object> metadata(@Value("${gatehouse.issuer}") String issuer, @Value("${gatehouse.audience}") String audience) {
        return Map.of("resource", audience, "authorization_servers", List.of(issuer),
            "scopes_supported", List.of("orders:read"), "bearer_methods_supported", List.of("header"));
    }
}
