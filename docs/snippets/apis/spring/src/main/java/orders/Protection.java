package orders;

import static org.springframework.security.authorization.AuthorityAuthorizationManager.hasAnyRole;
import static org.springframework.security.authorization.AuthorityAuthorizationManager.hasAuthority;
import static org.springframework.security.authorization.AuthorizationManagers.allOf;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.MalformedURLException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationConverter;
import org.springframework.security.oauth2.server.resource.authentication.JwtGrantedAuthoritiesConverter;
import org.springframework.security.web.SecurityFilterChain;

@Configuration
class Protection {
    private static final String SCOPE = "orders:read";

    @Value("${gatehouse.issuer}") String issuer;
    @Value("${gatehouse.audience}") String audience;

    @Bean
    SecurityFilterChain protect(HttpSecurity http) throws Exception {
        return http
            .authorizeHttpRequests(requests -> requests
                .dispatcherTypeMatchers(DispatcherType.ERROR).permitAll() // such as 500 while the keys cannot be had
                .requestMatchers("/orders").hasAuthority("SCOPE_" + SCOPE)
                .requestMatchers("/reports").access(allOf(hasAuthority("SCOPE_" + SCOPE), hasAnyRole("STAFF", "ADMIN")))
                .anyRequest().denyAll())
            .oauth2ResourceServer(server -> server
                .jwt(jwt -> jwt.jwtAuthenticationConverter(authorities()))
                .authenticationEntryPoint(this::unauthorized)
                .accessDeniedHandler(this::forbidden))
            .build();
    }

    /** Leaves the metadata to Orders. Spring Security 7 would answer by itself, without the issuer. */
    @Bean
    @Order(1)
    SecurityFilterChain describe(HttpSecurity http) throws Exception {
        return http.securityMatcher("/.well-known/oauth-protected-resource")
            .authorizeHttpRequests(requests -> requests.anyRequest().permitAll()).build();
    }

    /**
     * The keys are kept for five minutes, which is less than Gatehouse says. An unknown kid asks for them again, at most
     * twice in ten seconds; without this source, Spring asks each time.
     */
    private JWKSource<SecurityContext> keys() throws MalformedURLException {
        var keys = JWKSourceBuilder.create(URI.create(issuer + "/.well-known/jwks.json").toURL()).rateLimited(10_000).build();
        return (wanted, context) -> {
            try {
                return keys.get(wanted, context);
            } catch (RateLimitReachedException e) {
                keys.get(new JWKSelector(new JWKMatcher.Builder().build()), context); // fails if there are none at all
                return List.of();
            }
        };
    }

    /** Checks typ, alg, iss, aud and exp. */
    @Bean
    JwtDecoder tokens() throws MalformedURLException {
        var processor = new DefaultJWTProcessor<SecurityContext>();
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.RS256, keys()));
        processor.setJWTClaimsSetVerifier((claims, context) -> { }); // the validator below does
        var decoder = new NimbusJwtDecoder(processor);
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
            new JwtTimestampValidator(Duration.ofSeconds(10)), new JwtClaimValidator<>("exp", Objects::nonNull),
            new JwtIssuerValidator(issuer), new JwtClaimValidator<List<String>>("aud", aud -> aud != null && aud.contains(audience))));
        return decoder;
    }

    /** SCOPE_x for each scope of the app, and ROLE_X for the person's role, if there is a person. */
    private JwtAuthenticationConverter authorities() {
        var scopes = new JwtGrantedAuthoritiesConverter();
        var converter = new JwtAuthenticationConverter();
        converter.setJwtGrantedAuthoritiesConverter(token -> {
            var all = new ArrayList<GrantedAuthority>(scopes.convert(token));
            if (token.hasClaim("role")) {
                all.add(new SimpleGrantedAuthority("ROLE_" + token.getClaimAsString("role").toUpperCase(Locale.ROOT)));
            }
            return all;
        });
        return converter;
    }

    private void unauthorized(HttpServletRequest request, HttpServletResponse response, AuthenticationException why) {
        boolean sent = request.getHeader("Authorization") != null; // without a token there is no error (RFC 6750 §3.1)
        refuse(response, 401, sent ? "error=\"invalid_token\"" : "scope=\"" + SCOPE + "\"");
    }

    private void forbidden(HttpServletRequest request, HttpServletResponse response, AccessDeniedException why) {
        var caller = (Authentication) request.getUserPrincipal();
        if (caller.getAuthorities().contains(new SimpleGrantedAuthority("SCOPE_" + SCOPE))) {
            response.setStatus(403); // the role does not allow it; more scope would not help
        } else {
            refuse(response, 403, "error=\"insufficient_scope\", scope=\"" + SCOPE + "\"");
        }
    }

    /** RFC 6750 §3, with the address at which the API is described (RFC 9728 §5.1). */
    private void refuse(HttpServletResponse response, int status, String challenge) {
        response.setStatus(status);
        response.setHeader("WWW-Authenticate",
            "Bearer " + challenge + ", resource_metadata=\"" + audience + "/.well-known/oauth-protected-resource\"");
    }
}
