package shop;

import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Says who signed in or, for a machine, prints its token. */
@SpringBootApplication
@RestController
public class Shop {
  public static void main(String[] args) {
    SpringApplication.run(Shop.class, args);
  }

  @GetMapping("/")
  String who(@AuthenticationPrincipal OidcUser user) {
    return "sub: " + user.getSubject();
  }

  @Bean
  CommandLineRunner job(ClientRegistrationRepository known, OAuth2AuthorizedClientService kept) {
    return args -> {
      if (known.findByRegistrationId("gatehouse").getAuthorizationGrantType().equals(AuthorizationGrantType.CLIENT_CREDENTIALS)) {
        var manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(known, kept);
        var asked = OAuth2AuthorizeRequest.withClientRegistrationId("gatehouse").principal("job").build();
        System.out.println("token: " + manager.authorize(asked).getAccessToken().getTokenValue());
      }
    };
  }
}
